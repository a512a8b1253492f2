"""What remedies make of a network is what the worker builds and trains."""

from typing import Any

import numpy as np
import pytest

from service.spec.run import layer_rows
from service.trace.trace import Trace
from tests.experiments import activation, body, linear, resolved
from tests.remedies.architectures import ARCHITECTURES
from tests.remedies.test_combinations import EVERY, OF_LAYERS, acts, remedies
from tests.worker.recording import train


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_edit_of_layers_trains_under_its_own_names(architecture: str) -> None:
    sent = ARCHITECTURES[architecture]
    kinds = [kind for kind in OF_LAYERS if kind != "batch_norm" and acts(resolved(sent), remedies(sent, kind))]
    wanted = [{"kind": kind, **EVERY[kind]} for kind in kinds]
    run = resolved({**sent, "training": {**sent["training"], "steps": 2}, "remedies": wanted})
    trace, _ = train(run)
    assert [row.layer for row in trace.rows] == [row.layer for row in layer_rows(run)]
    assert np.isfinite(trace.curves["loss"].values).all()
    norms = trace.metrics["grad_norm"]
    assert {placed.name for placed in run.placed() if placed.parameters} == set(norms.layers)
    assert (norms.values[0] > 0).all()


def trained(*wanted: dict[str, Any]) -> Trace:
    training = {"steps": 8, "optimizer": {"name": "sgd", "lr": 0.5}}
    sent = body(linear(16), activation("tanh"), linear(10), training=training)
    return train(resolved({**sent, "remedies": list(wanted)}))[0]


def test_a_tenth_of_the_learning_rate_takes_a_tenth_of_the_first_step() -> None:
    sick, cured = trained(), trained({"kind": "learning_rate", "factor": 0.1})
    np.testing.assert_allclose(cured.curves["lr"].values, 0.05, rtol=1e-6)
    first = [trace.metrics["update_ratio"].values[0] for trace in (cured, sick)]
    np.testing.assert_allclose(first[0], 0.1 * first[1], rtol=1e-4)


def test_the_learning_rate_warms_up_in_a_straight_line() -> None:
    warm = trained({"kind": "warmup", "steps": 4})
    np.testing.assert_allclose(warm.curves["lr"].values[:, 0], 0.5 * np.minimum(np.arange(1, 9) / 4, 1), rtol=1e-6)


def test_no_unit_has_longer_incoming_weights_than_max_norm() -> None:
    short = trained({"kind": "max_norm", "max_norm": 0.25}).metrics["weight_norm"]
    units = np.array([16, 10])
    assert (trained().metrics["weight_norm"].values[1:] > 0.25 * units**0.5).any(axis=0).all()
    assert (short.values[1:] <= 0.25 * units**0.5 * (1 + 1e-5)).all()


@pytest.mark.parametrize(("architecture", "norm"), [("mlp", "layer_norm"), ("cnn", "group_norm")])
def test_what_reaches_an_activation_is_normalized_sample_by_sample(architecture: str, norm: str) -> None:
    sent = ARCHITECTURES[architecture]
    run = resolved({**sent, "training": {**sent["training"], "steps": 1}, "remedies": [{"kind": "layer_norm"}]})
    trace = train(run)[0]
    activations = [row.layer for row in trace.rows if row.kind == "activation"]
    assert sum(row.kind == norm for row in trace.rows) == len(activations)
    of_unit_gaussian = {"tanh": 0.628, "sigmoid": 0.208}
    functions = {row.layer: row.function for row in trace.rows}
    for name in activations:
        std = float(trace.metrics["activation_std"].of(name)[0])
        assert std == pytest.approx(of_unit_gaussian[str(functions[name])], rel=0.15)
