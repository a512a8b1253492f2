"""The bytes of a training, against the tensors that the engine holds."""

from typing import Any

import pytest
import torch

from service.preflight.admission import Size
from service.spec.optimizers import OPTIMIZERS
from tests.experiments import activation, body, linear, resolved
from tests.preflight.networks import NETWORKS, Body
from worker.train.engine import Engine

_SETTINGS = {
    "momentum": {"name": "sgd", "momentum": 0.9},
    "centered": {"name": "rmsprop", "momentum": 0.9, "centered": True},
    "amsgrad": {"name": "adam", "amsgrad": True},
}


def _engine(sent: Body) -> Engine:
    """Behind its first step."""
    engine = Engine(resolved(sent), torch.device("cpu"), chunk_steps=4)
    next(engine.train())
    return engine


def _bytes(*tensors: torch.Tensor | None) -> int:
    return sum(tensor.nbytes for tensor in tensors if tensor is not None)


@pytest.mark.parametrize("optimizer", [{"name": kind.model_fields["name"].default} for kind in OPTIMIZERS]
                         + list(_SETTINGS.values()), ids=lambda spec: "-".join(map(str, spec.values())))  # fmt: skip
def test_what_an_optimizer_remembers(optimizer: dict[str, Any]) -> None:
    sent = body(training={"optimizer": optimizer})
    engine = _engine(sent)
    remembered = [value for state in engine.optimizer.state.values() for value in state.values()]
    tensors = [value for value in remembered if isinstance(value, torch.Tensor) and value.numel() > 1]
    assert Size.of(engine.run).memory.optimizer_state == _bytes(*tensors)


@pytest.mark.parametrize(("precision", "copies"), [("float32", 0), ("float64", 0), ("bfloat16", 0.5)])
def test_weights_and_gradients(precision: str, copies: float) -> None:
    engine = _engine(body(training={"precision": precision}))
    held = Size.of(engine.run).memory
    assert held.parameters == engine.flat.value.nbytes * (1 + copies)
    assert held.gradients == 2 * engine.flat.grad.nbytes


@pytest.mark.parametrize("sent", NETWORKS.values(), ids=NETWORKS)
def test_parameters_are_those_of_the_engine(sent: Body) -> None:
    engine = _engine(sent)
    assert Size.of(engine.run).parameters == engine.flat.value.numel()


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(body(), id="class indices"),
        pytest.param(body(training={"loss": "mse"}), id="one-hot"),
        pytest.param(
            body(linear(1), source={"kind": "circles"}, training={"loss": "bce_with_logits"}), id="two classes"
        ),
        pytest.param(body(linear(1), source={"kind": "diabetes"}, training={"loss": "huber"}), id="real values"),
        pytest.param(NETWORKS["transformer"], id="a token at each step"),
        pytest.param(body(data={"validation_fraction": 0.0}), id="nothing held back"),
        pytest.param(body(training={"loss": "mse", "precision": "float64"}), id="in double precision"),
    ],
)
def test_samples_and_targets(sent: Body) -> None:
    engine = _engine(sent)
    split = engine.split
    parts = [part for part in (split.training, split.validation) if part]
    labels = [part.classes for part in parts if part.classes is not part.targets]
    held = _bytes(*(part.inputs for part in parts), *(part.targets for part in parts), *labels)
    assert Size.of(engine.run).memory.data == held


@pytest.mark.parametrize("sent", NETWORKS.values(), ids=NETWORKS)
def test_outputs_of_one_pass(sent: Body) -> None:
    engine = _engine(sent)
    tape: list[torch.Tensor] = []
    engine.network(engine.split.training.inputs[: engine.run.micro_batch_size], tape)
    size = Size.of(engine.run)
    kept = engine.run.micro_batch_size * 4 * sum(layer.kept for layer in size.layers)
    assert size.memory.activations - kept == _bytes(*tape)


def test_accumulated_passes_hold_the_memory_of_one() -> None:
    one, four = (Size.of(resolved(body(training={"grad_accumulation": passes}))).memory for passes in (1, 4))
    assert four == one


def test_half_precision_halves_what_layers_put_out() -> None:
    sent = (body(linear(64), activation("tanh"), linear(10), training={"precision": kind})
            for kind in ("float64", "float32", "float16", "bfloat16"))  # fmt: skip
    double, single, *half = (Size.of(resolved(one)).memory.activations for one in sent)
    assert [double // single, *(single // one for one in half)] == [2, 2, 2]
