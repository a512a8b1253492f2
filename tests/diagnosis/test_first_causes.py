"""What is wrong before the first step, and what comes of too many: real networks, trained by the worker's engine."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from service.diagnosis import RULES
from tests.experiments import activation, body, linear, repeat, resolved
from tests.worker.recording import train

OURS = ("input_scale", "output_mismatch", "poor_initialization", "overfitting")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small only wait for each other on several threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def found(sent: dict[str, Any]) -> list[str]:
    run = resolved(sent)
    trace, _ = train(run)
    return [finding.rule for name in OURS for finding in RULES[name](trace, run)]


def network(
    function: str,
    outputs: int,
    source: str | dict[str, Any],
    *,
    width: int = 32,
    depth: int = 2,
    init: dict[str, Any] | None = None,
    last: str | None = None,
    data: dict[str, Any] | None = None,
    **training: Any,
) -> dict[str, Any]:
    end = [activation(last)] if last else []
    hidden = [repeat(depth, linear(width), activation(function))] if depth else []
    return body(
        *hidden,
        linear(outputs),
        *end,
        init=init or {"scheme": "he" if function == "relu" else "xavier"},
        source={"kind": source} if isinstance(source, str) else source,
        data=data,
        training={"steps": 300, **training},
    )


RAW = {"normalize": "none"}
CLOUDS = {"kind": "blobs", "centers": 5, "cluster_std": 5.0, "n_samples": 100}
"""Clouds so wide that most samples could be of several classes."""
ADAM = {"name": "adam", "lr": 0.003}
SICK = [
    pytest.param("input_scale", network("relu", 3, "wine", data=RAW), id="raw wine, ReLU"),
    pytest.param("input_scale", network("tanh", 2, "breast_cancer", data=RAW), id="raw measurements, tanh"),
    pytest.param(
        "input_scale", network("relu", 1, "diabetes", data=RAW, loss="mse", optimizer=ADAM), id="raw patients, Adam"
    ),
    pytest.param("output_mismatch", network("relu", 10, "digits", last="softmax"), id="softmax twice"),
    pytest.param("output_mismatch", network("relu", 1, "diabetes", last="relu", loss="mse"), id="no sign"),
    pytest.param(
        "poor_initialization", network("tanh", 10, "digits", init={"scheme": "constant", "value": 0.5}), id="copies"
    ),
    pytest.param(
        "poor_initialization",
        network("relu", 10, "digits", init={"scheme": "normal", "std": 1.0}, optimizer=ADAM),
        id="too large",
    ),
    pytest.param(
        "overfitting",
        network("relu", 5, CLOUDS, width=128, steps=1000, optimizer=ADAM),
        id="noise learned by heart",
    ),
]
HEALTHY = [
    pytest.param(network("relu", 10, "digits", data=RAW, optimizer={"name": "sgd", "lr": 0.01}), id="raw digits"),
    pytest.param(network("tanh", 10, "digits", data=RAW, optimizer={"name": "sgd", "lr": 0.001}), id="and slowly"),
    pytest.param(network("relu", 3, "iris", data=RAW, steps=600), id="raw flowers"),
    pytest.param(network("relu", 10, "digits", last="log_softmax", loss="nll"), id="log-probabilities"),
    pytest.param(network("sigmoid", 10, "digits", depth=1, last="sigmoid", loss="mse"), id="numbers from 0 to 1"),
    pytest.param(network("relu", 10, "digits", depth=0, init={"scheme": "constant", "value": 0.0}), id="regression"),
    pytest.param(network("relu", 10, "digits", init={"scheme": "normal", "std": 0.3}), id="rather large weights"),
    pytest.param(network("relu", 2, "breast_cancer", steps=1000, optimizer=ADAM), id="trained to the end"),
    pytest.param(network("relu", 10, "digits", steps=1000, optimizer=ADAM), id="trained to the end, ten classes"),
]


@pytest.mark.parametrize(("rule", "sick"), SICK)
def test_finds(rule: str, sick: dict[str, Any]) -> None:
    assert found(sick) == [rule]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("healthy", HEALTHY)
def test_leaves_alone(healthy: dict[str, Any], seed: int) -> None:
    assert found({**healthy, "training": {**healthy["training"], "seed": seed}}) == []
