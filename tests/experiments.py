"""Experiments that tests send: small ones, and the contract's example."""

from typing import Any

from service.experiment import Experiment
from service.spec.run import RunSpec

CURE: list[dict[str, Any]] = [
    {"kind": "activation", "function": "relu"},
    {"kind": "initialization", "scheme": "he"},
    {"kind": "optimizer", "name": "adam", "lr": 0.001},
]


def body(
    *layers: dict[str, Any],
    init: dict[str, Any] | None = None,
    source: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
    training: dict[str, Any] | None = None,
    **rest: Any,
) -> dict[str, Any]:
    """A body of `POST /v1/jobs`: a 16-wide network on digits unless told otherwise."""
    chosen = layers or (linear(16), activation("relu"), linear(10))
    network: dict[str, Any] = {"layers": list(chosen)}
    if init:
        network["init"] = init
    defaults = {
        "loss": "cross_entropy", "optimizer": {"name": "sgd", "lr": 0.1}, "batch_size": 32, "steps": 20, "seed": 0,
    }  # fmt: skip
    return {
        "network": network,
        "data": {"source": source or {"kind": "digits"}, **(data or {})},
        "training": {**defaults, **(training or {})},
        **rest,
    }


def linear(out_features: int, **fields: Any) -> dict[str, Any]:
    return {"kind": "linear", "out_features": out_features, **fields}


def conv(kind: str, out_channels: int, kernel_size: int | list[int], **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "out_channels": out_channels, "kernel_size": kernel_size, **fields}


def activation(function: str, **fields: Any) -> dict[str, Any]:
    return {"kind": "activation", "function": function, **fields}


def repeat(times: int, *layers: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "repeat", "times": times, "layers": list(layers)}


def residual(*layers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"kind": "residual", "layers": list(layers), **fields}


def deep(function: str, *, depth: int = 20, width: int = 64, **rest: Any) -> dict[str, Any]:
    """`depth` times linear and activation on digits, and ten outputs."""
    return body(repeat(depth, linear(width), activation(function)), linear(10), **rest)


def example(**rest: Any) -> dict[str, Any]:
    """The contract's example without its remedies: twenty sigmoid layers under SGD."""
    training = {"batch_size": 128, "steps": 300}
    init = {"scheme": "xavier", "distribution": "normal"}
    data = {"normalize": "standard", "validation_fraction": 0.2}
    return deep("sigmoid", init=init, training=training, data=data, name="deep sigmoid MLP", **rest)


def experiment(body: dict[str, Any]) -> Experiment:
    return Experiment.model_validate(body)


def resolved(body: dict[str, Any]) -> RunSpec:
    return experiment(body).resolved()
