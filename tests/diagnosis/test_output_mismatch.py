"""output_mismatch: what no training can mend is told from the experiment alone; pairs that fit stay silent."""

from math import exp, log, log1p
from typing import Any

import numpy as np
import pytest

from service.diagnosis.evidence.lowest import lowest_loss, unreachable_share
from service.diagnosis.evidence.output_range import output_of
from service.diagnosis.rules.output_mismatch import RULE
from service.spec.run import RunSpec
from service.trace.trace import Trace
from tests.diagnosis.traces import Story, trace
from tests.experiments import activation, body, linear, resolved

CLASSES = log1p(9 * exp(-1))
"""Cross-entropy of ten logits of which the right one is larger by 1."""
_REAL = {"kind": "diabetes"}


def ending(last: str | dict[str, Any] | None, loss: str, *, outputs: int = 10, **data: Any) -> RunSpec:
    """Sixteen units, `outputs` outputs and a last function, on the digits unless told otherwise."""
    end = [activation(last) if isinstance(last, str) else last] if last else []
    layers = (linear(16), activation("relu"), linear(outputs), *end)
    return resolved(body(*layers, data=data, training={"loss": loss}))


FIRING = [
    pytest.param(ending("softmax", "cross_entropy"), "output_layer", CLASSES / log(10), id="softmax twice"),
    pytest.param(ending("sigmoid", "cross_entropy"), "output_layer", CLASSES / log(10), id="sigmoid, cross_entropy"),
    pytest.param(ending("tanh", "cross_entropy"), "output_layer", log1p(9 * exp(-2)) / log(10), id="tanh logits"),
    pytest.param(ending("relu", "cross_entropy"), "output_layer", None, id="ReLU logits"),
    pytest.param(ending(None, "nll"), "loss", None, id="nll of logits"),
    pytest.param(ending("softmax", "nll"), "output_layer", None, id="nll of probabilities"),
    pytest.param(ending(None, "bce"), "loss", None, id="bce of logits"),
    pytest.param(ending("tanh", "bce"), "output_layer", None, id="bce below zero"),
    pytest.param(ending("sigmoid", "bce_with_logits"), "output_layer", 2.0, id="sigmoid twice"),
    pytest.param(ending("relu", "bce_with_logits"), "output_layer", 1.92, id="logits without a sign"),
    pytest.param(
        ending("sigmoid", "bce_with_logits", outputs=1, source={"kind": "moons"}), "output_layer", 0.73, id="one output"
    ),
    pytest.param(ending("softmax", "bce", outputs=1, source={"kind": "moons"}), "output_layer", None, id="always one"),
    pytest.param(ending("log_softmax", "mse"), "output_layer", 1.1, id="one-hot out of reach"),
    pytest.param(ending("relu", "mse", outputs=1, source=_REAL), "output_layer", 0.5, id="values without a sign"),
    pytest.param(ending("sigmoid", "l1", outputs=1, source=_REAL), "output_layer", 0.6, id="values from 0 to 1"),
    pytest.param(ending("tanh", "huber", outputs=1, source=_REAL), "output_layer", 0.164, id="values from −1 to 1"),
    pytest.param(
        resolved(body({"kind": "rnn", "hidden_size": 10}, training={"loss": "cross_entropy"})),
        "output_layer",
        log1p(9 * exp(-2)) / log(10),
        id="the states of a recurrent layer",
    ),
]
SILENT = [
    pytest.param(ending(None, "cross_entropy"), id="logits"),
    pytest.param(ending("identity", "cross_entropy"), id="logits, told so"),
    pytest.param(ending("log_softmax", "cross_entropy"), id="log_softmax twice is log_softmax"),
    pytest.param(ending("leaky_relu", "cross_entropy"), id="a bent line"),
    pytest.param(ending("softplus", "cross_entropy"), id="any difference can be had above zero"),
    pytest.param(ending({"kind": "dropout"}, "cross_entropy"), id="dropout at the end"),
    pytest.param(ending("log_softmax", "nll"), id="log-probabilities"),
    pytest.param(ending("sigmoid", "bce"), id="probabilities"),
    pytest.param(ending("softmax", "bce"), id="probabilities that add up"),
    pytest.param(ending(None, "bce_with_logits"), id="logits of labels"),
    pytest.param(ending("sigmoid", "mse"), id="one-hot from 0 to 1"),
    pytest.param(ending("relu", "mse"), id="one-hot above zero"),
    pytest.param(ending(None, "mse", outputs=1, source=_REAL), id="values"),
    pytest.param(
        ending(activation("hardtanh", min_val=-3.0, max_val=3.0), "mse", outputs=1, source=_REAL), id="wide enough"
    ),
    pytest.param(
        ending("sigmoid", "mse", outputs=1, source=_REAL, normalize_target=False), id="values of which nothing is known"
    ),
]


@pytest.mark.parametrize(("run", "cause", "share"), FIRING)
def test_fires(run: RunSpec, cause: str, share: float | None) -> None:
    [finding] = RULE(trace(run, Story((2.3, 2.3))), run)
    assert (finding.cause, finding.severity, finding.first_step) == (cause, "critical", 0)
    assert finding.value == (share if share is None else pytest.approx(share, rel=0.02))
    assert finding.remedies == ()


@pytest.mark.parametrize("run", SILENT)
def test_stays_silent(run: RunSpec) -> None:
    assert RULE(trace(run, Story((2.3, 2.3))), run) == ()


def test_speaks_before_anything_is_trained() -> None:
    [finding] = RULE(Trace(()), ending("softmax", "cross_entropy"))
    assert (finding.first_step, finding.last_step) == (0, 0)


def test_getting_somewhere_all_the_same_is_less_bad() -> None:
    run = ending("tanh", "cross_entropy")
    [finding] = RULE(trace(run, Story((2.3, 0.9))), run)
    assert finding.severity == "warning"
    assert "cannot fall below 0.797" in finding.explanation


def test_an_exponential_is_at_fault_where_it_overflows() -> None:
    run = ending("exponential", "cross_entropy")
    assert RULE(trace(run, Story((2.3, 0.9))), run) == ()
    [finding] = RULE(trace(run, Story(broken=("loss", 3, ""))), run)
    assert finding.layers == ("03 activation",)


def test_a_cut_off_output_is_at_fault_where_it_is_dead() -> None:
    run = ending("relu", "mse", outputs=1, source={"kind": "moons"})
    dead = Story((0.5, 0.5), dead=1.0)
    [finding] = RULE(trace(run, dead), run)
    assert finding.layers == ("03 activation",)
    assert "no gradient" in finding.explanation
    assert RULE(trace(run, Story((0.5, 0.1), dead=1.0)), run) == ()
    assert RULE(trace(run, Story((0.5, 0.5), dead=0.5)), run) == ()


@pytest.mark.parametrize("loss", ["mse", "l1", "huber"])
@pytest.mark.parametrize("last", ["relu", "sigmoid", "tanh", "elu"])
def test_the_lowest_loss_of_values_is_that_of_the_nearest_outputs(last: str, loss: str) -> None:
    run = ending(last, loss, outputs=1, source={"kind": "regression"})
    output = output_of(run)
    wanted = np.random.default_rng(0).standard_normal(400_000)
    missed = np.abs(wanted - np.clip(wanted, output.low, output.high))
    penalty = {"mse": missed**2, "l1": missed, "huber": np.where(missed < 1, missed**2 / 2, missed - 0.5)}[loss]
    assert lowest_loss(output, run) == pytest.approx(penalty.mean(), rel=0.02)


def test_targets_far_from_zero_can_do_without_a_sign() -> None:
    adding: dict[str, Any] = {"kind": "adding", "length": 4}
    layers = (linear(8), {"kind": "flatten"}, linear(1))
    share = {
        last: unreachable_share(resolved(body(*layers, activation(last), source=adding, training={"loss": "mse"})))
        for last in ("relu", "sigmoid")
    }
    assert share["relu"] == pytest.approx(0, abs=0.01)
    assert share["sigmoid"] == pytest.approx(0.5, abs=0.02), "half of the sums exceed 1"
