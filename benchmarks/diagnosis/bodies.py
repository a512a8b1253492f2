"""Experiments in a line each: layers, tasks, optimizers, and a body made of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Layer = dict[str, Any]
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """Data, with the width of the output and the loss that fit it."""

    source: Mapping[str, Any]
    outputs: int
    loss: str = "cross_entropy"
    data: Mapping[str, Any] | None = None

    def but(self, outputs: int | None = None, loss: str | None = None, **data: Any) -> "Task":
        """The same data read in another way: `normalize`, `validation_fraction`, another loss or output."""
        own = {**(self.data or {}), **data}
        return Task(self.source, outputs or self.outputs, loss or self.loss, own)

    def of(self, **source: Any) -> "Task":
        """The same kind of data with other parameters."""
        return Task({**self.source, **source}, self.outputs, self.loss, self.data)


DIGITS = Task({"kind": "digits"}, 10)
IRIS = Task({"kind": "iris"}, 3)
WINE = Task({"kind": "wine"}, 3)
TUMORS = Task({"kind": "breast_cancer"}, 1, "bce_with_logits")
DIABETES = Task({"kind": "diabetes"}, 1, "mse")
CIRCLES = Task({"kind": "circles"}, 1, "bce_with_logits")
MOONS = Task({"kind": "moons"}, 1, "bce_with_logits")
XOR = Task({"kind": "xor"}, 1, "bce_with_logits")
SPIRALS = Task({"kind": "spirals", "turns": 0.75}, 2)
BLOBS = Task({"kind": "blobs", "centers": 4, "n_features": 8}, 4)
TEACHER = Task({"kind": "regression"}, 1, "mse")
ADDING = Task({"kind": "adding", "n_samples": 2000, "length": 100}, 1, "mse")
COPY = Task({"kind": "copy_memory", "n_samples": 1000, "delay": 5, "remembered": 3, "symbols": 4}, 5)
TEXT = Task({"kind": "text", "n_samples": 1000, "length": 24}, 96)


def linear(out_features: int, **fields: Any) -> Layer:
    return {"kind": "linear", "out_features": out_features, **fields}


def act(function: str, **fields: Any) -> Layer:
    return {"kind": "activation", "function": function, **fields}


def conv(out_channels: int, kernel_size: int = 3, axes: int = 2, **fields: Any) -> Layer:
    padded = {"padding": "same"} if "stride" not in fields else {}
    return {"kind": f"conv{axes}d", "out_channels": out_channels, "kernel_size": kernel_size, **padded, **fields}


def repeat(times: int, *layers: Layer) -> Layer:
    return {"kind": "repeat", "times": times, "layers": list(layers)}


def residual(*layers: Layer) -> Layer:
    return {"kind": "residual", "layers": list(layers)}


def kind(name: str, **fields: Any) -> Layer:
    return {"kind": name, **fields}


def dense(
    function: str,
    depth: int,
    width: int = 32,
    *,
    norm: str | None = None,
    dropout: float | None = None,
    bias: bool = True,
    skip: bool = False,
    **parameters: Any,
) -> list[Layer]:
    """`depth` hidden layers: linear, norm, activation, dropout; each around a skip connection behind a first one."""
    block = [linear(width, bias=bias), *([kind(norm)] if norm else []), act(function, **parameters)]
    block += [kind("dropout", p=dropout)] if dropout else []
    if skip:
        return [linear(width, bias=bias), repeat(depth, residual(*block))]
    return [repeat(depth, *block)]


def optimizer(name: str, lr: float, **fields: Any) -> dict[str, Any]:
    return {"name": name, "lr": lr, **fields}


def sgd(lr: float, **fields: Any) -> dict[str, Any]:
    return optimizer("sgd", lr, **fields)


def adam(lr: float, **fields: Any) -> dict[str, Any]:
    return optimizer("adam", lr, **fields)


def init(scheme: str, **fields: Any) -> dict[str, Any]:
    return {"scheme": scheme, **fields}


def gaussian(std: float, **fields: Any) -> dict[str, Any]:
    return init("normal", std=std, **fields)


HE, XAVIER, LECUN, DEFAULT, ORTHOGONAL = map(init, ("he", "xavier", "lecun", "torch_default", "orthogonal"))


def body(
    task: Task,
    hidden: list[Layer],
    descent: dict[str, Any],
    start: dict[str, Any] = HE,
    *,
    steps: int = 200,
    batch: int = 64,
    end: list[Layer] | None = None,
    remedies: list[dict[str, Any]] | None = None,
    **training: Any,
) -> Body:
    """What would be POSTed: `hidden`, then `end` or as many outputs as the task asks for."""
    last = [linear(task.outputs)] if end is None else end
    return {
        "network": {"layers": [*hidden, *last], "init": start},
        "data": {"source": dict(task.source), **(task.data or {})},
        "training": {"loss": task.loss, "optimizer": descent, "batch_size": batch, "steps": steps, **training},
        "remedies": remedies or [],
    }
