"""Real networks, trained by the worker's engine: the sick are found with the right cause, the healthy left alone."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from service.diagnosis import Finding, diagnose, verdict
from service.experiment import Experiment
from tests.experiments import CURE, example
from tests.worker.recording import train


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small only wait for each other on several threads, for minutes on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def diagnosed(experiment: dict[str, Any]) -> tuple[Finding, ...]:
    run = Experiment.model_validate(experiment).resolved()
    trace, _ = train(run)
    return diagnose(trace, run)


def experiment(
    function: str, depth: int, *, width: int = 32, init: dict[str, Any], norm: bool = False, **training: Any
) -> dict[str, Any]:
    """A plain network on the digits."""
    normalization = [{"kind": "batch_norm"}] if norm else []
    block = [
        {"kind": "linear", "out_features": width},
        *normalization,
        {"kind": "activation", "function": function},
    ]
    return {
        "network": {
            "layers": [{"kind": "repeat", "times": depth, "layers": block}, {"kind": "linear", "out_features": 10}],
            "init": init,
        },
        "data": {"source": {"kind": "digits"}},
        "training": {
            "loss": "cross_entropy",
            "optimizer": {"name": "sgd", "lr": 0.1},
            "batch_size": 64,
            "steps": 120,
            **training,
        },
    }


def test_the_contract_example_vanishes() -> None:
    findings = diagnosed(example())
    assert verdict(findings) == "vanishing_gradient"
    primary = findings[0]
    assert primary.cause == "activation"
    assert primary.severity == "critical"
    assert primary.layers[0] == "00 linear"
    assert primary.first_step == 0
    assert [remedy.kind for remedy in primary.remedies[:3]] == ["activation", "initialization", "optimizer"]


def test_its_remedies_cure_it() -> None:
    assert diagnosed(example(remedies=CURE)) == ()


def test_the_remedies_it_is_given_cure_it() -> None:
    [finding] = diagnosed(example())
    first_three = [json.loads(remedy.model_dump_json()) for remedy in finding.remedies[:3]]
    assert diagnosed(example(remedies=first_three)) == ()


@pytest.mark.parametrize("std", [0.375, 0.375**0.5], ids=["N(0, 3/8) as its deviation", "as its variance"])
def test_large_weights_explode(std: float) -> None:
    large = {"scheme": "normal", "std": std}
    findings = diagnosed(experiment("relu", 20, width=64, init=large, batch_size=128, steps=50))
    assert verdict(findings) == "exploding_gradient"
    assert findings[0].cause == "initialization"
    assert findings[0].layers[0] == "00 linear"
    assert findings[0].first_step == 0
    assert [(found.rule, found.follows_from) for found in findings[1:]] == [("non_finite", "exploding_gradient")]
    assert findings[1].first_step == 1


RESTLESS = {
    "network": {
        "layers": [
            {"kind": "repeat", "times": 2, "layers": [
                {"kind": "linear", "out_features": 32}, {"kind": "activation", "function": "relu"}]},
            {"kind": "linear", "out_features": 1},
        ],
        "init": {"scheme": "he"},
    },
    "data": {"source": {"kind": "diabetes"}},
    "training": {
        "loss": "huber", "optimizer": {"name": "sgd", "lr": 1.0}, "batch_size": 32, "steps": 400, "seed": 0,
    },
}  # fmt: skip
LINEAR = {
    "network": {"layers": [{"kind": "linear", "out_features": 1}]},
    "data": {"source": {"kind": "circles", "noise": 0.02}},
    "training": {
        "loss": "bce_with_logits", "optimizer": {"name": "sgd", "lr": 0.5}, "batch_size": 64, "steps": 400, "seed": 0,
    },
}  # fmt: skip
SICK = [
    pytest.param(
        experiment("relu", 20, init={"scheme": "torch_default"}), "vanishing_gradient", "initialization", id="ReLU"
    ),
    pytest.param(
        experiment("tanh", 12, init={"scheme": "normal", "std": 0.02}),
        "vanishing_gradient",
        "initialization",
        id="tanh",
    ),
    pytest.param(
        experiment("tanh", 5, init={"scheme": "normal"}), "saturated_activations", "initialization", id="saturated"
    ),
    pytest.param(
        experiment("identity", 3, init={"scheme": "xavier"}, optimizer={"name": "sgd", "lr": 8.0}),
        "learning_rate_too_high",
        "learning_rate",
        id="steps too long",
    ),
    pytest.param(
        experiment("relu", 3, init={"scheme": "he"}, optimizer={"name": "adam", "lr": 0.3}),
        "learning_rate_too_high",
        "learning_rate",
        id="steps that kill",
    ),
    pytest.param(
        experiment("relu", 3, init={"scheme": "he"}, optimizer={"name": "sgd", "lr": 1e-6}, steps=250),
        "learning_rate_too_low",
        "learning_rate",
        id="steps too short",
    ),
    pytest.param(RESTLESS, "oscillating_loss", "learning_rate", id="steps from slope to slope"),
    pytest.param(LINEAR, "loss_not_decreasing", "capacity", id="a straight line between two rings"),
    pytest.param(
        experiment("relu", 4, init={"scheme": "he", "bias": {"scheme": "constant", "value": -6.0}}),
        "dead_units",
        "born_dead",
        id="born dead",
    ),
    pytest.param(
        experiment("exponential", 6, init={"scheme": "he"}, steps=20), "non_finite", "activation", id="exponential"
    ),
]
HEALTHY = [
    pytest.param(experiment("sigmoid", 1, init={"scheme": "xavier"}), id="one sigmoid layer"),
    pytest.param(experiment("relu", 3, init={"scheme": "he"}), id="three ReLU layers"),
    pytest.param(experiment("relu", 3, init={"scheme": "he"}, optimizer={"name": "sgd", "lr": 1e-4}), id="slow"),
    pytest.param(experiment("tanh", 20, init={"scheme": "xavier"}, steps=40), id="deep tanh, short"),
    pytest.param(experiment("sigmoid", 12, init={"scheme": "xavier"}, norm=True), id="deep sigmoid with batch norm"),
    pytest.param(
        experiment("selu", 10, init={"scheme": "lecun"}, optimizer={"name": "adam", "lr": 0.002}), id="deep SELU"
    ),
    pytest.param(
        experiment("relu", 3, init={"scheme": "he"}, batch_size=1, optimizer={"name": "sgd", "lr": 0.01}, steps=300),
        id="batches of one",
    ),
]


@pytest.mark.parametrize(("sick", "rule", "cause"), SICK)
def test_finds(sick: dict[str, Any], rule: str, cause: str) -> None:
    findings = diagnosed(sick)
    assert (verdict(findings), findings[0].cause) == (rule, cause)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("healthy", HEALTHY)
def test_leaves_alone(healthy: dict[str, Any], seed: int) -> None:
    assert diagnosed({**healthy, "training": {**healthy["training"], "seed": seed}}) == ()
