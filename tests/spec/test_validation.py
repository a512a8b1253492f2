"""Strict fields: what is refused, and that defaults are PyTorch's."""

import inspect

import pytest
import torch
from pydantic import ValidationError

from service.experiment import Experiment
from service.spec.activations import ACTIVATIONS
from service.spec.optimizers import OPTIMIZERS
from tests.experiments import activation, body, experiment, linear, repeat
from worker.targets import resolve


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(body(linear(8, width=3), linear(10)), id="unknown key"),
        pytest.param(body({"kind": "lineer"}, linear(10)), id="unknown kind"),
        pytest.param(body(linear("8"), linear(10)), id="number as text"),
        pytest.param(body(linear(True), linear(10)), id="flag as number"),
        pytest.param(body(linear(0), linear(10)), id="no units"),
        pytest.param(body(linear(10**7), linear(10)), id="ten million units"),
        pytest.param(body(activation("relu", alpha=1.0), linear(10)), id="parameter of another function"),
        pytest.param(body(activation("hardtanh", min_val=1.0, max_val=-1.0), linear(10)), id="hardtanh upside down"),
        pytest.param(body(training={"optimizer": {"name": "sgd", "lr": float("nan")}}), id="NaN"),
        pytest.param(body(training={"optimizer": {"name": "adam", "lr": float("inf")}}), id="Infinity"),
        pytest.param(body(training={"optimizer": {"name": "adam", "momentum": 0.9}}), id="momentum of Adam"),
        pytest.param(body(training={"optimizer": {"name": "sgd", "nesterov": True}}), id="nesterov without momentum"),
        pytest.param(body(training={"steps": 5, "epochs": 5}), id="steps and epochs"),
        pytest.param(body(training={"precision": "float8"}), id="unknown precision"),
        pytest.param(body(data={"validation_fraction": 1.0}), id="everything held back"),
        pytest.param(body(init={"scheme": "uniform", "low": 1.0, "high": 0.0}), id="uniform upside down"),
        pytest.param(body(name="a\x00b"), id="control character in a name"),
        pytest.param(body(labels={"a b": "c"}), id="space in a label key"),
        pytest.param(body(linear(8, name="a.b"), linear(10)), id="dot in a layer name"),
        pytest.param(body(linear(8, target="os:system"), linear(10)), id="a target from outside"),
    ],
)
def test_is_refused(sent: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Experiment.model_validate(sent)


def test_an_experiment_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        experiment(body()).name = "other"  # type: ignore[misc]


def test_sent_back_it_is_the_same_experiment() -> None:
    first = experiment(body(repeat(2, linear(8), activation("elu")), linear(10), init={"scheme": "orthogonal"}))
    assert Experiment.model_validate_json(first.model_dump_json(exclude_none=True)) == first


@pytest.mark.parametrize("spec", OPTIMIZERS, ids=lambda spec: spec.__name__)
def test_optimizers_have_torch_names_and_defaults(spec: type) -> None:
    parameters = inspect.signature(resolve(spec.target)).parameters
    ours = {name: field.default for name, field in spec.model_fields.items() if name != "name"}
    assert ours == {name: parameters[name].default for name in ours}


@pytest.mark.parametrize("name", [name for name, entry in ACTIVATIONS.items() if entry.parameters])
def test_activations_have_torch_defaults(name: str) -> None:
    entry = ACTIVATIONS[name]
    parameters = inspect.signature(resolve(entry.target)).parameters
    theirs = {ours: parameters[entry.renamed.get(ours, ours)].default for ours in entry.parameters}
    assert dict(entry.parameters) == theirs


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_activations_build(name: str) -> None:
    layer = experiment(body(linear(8), activation(name), linear(10))).network.layers[1]
    call = layer.module((8,))
    outputs = resolve(call.target)(**call.arguments)(torch.randn(4, 8))
    assert outputs.shape == (4, 8)
