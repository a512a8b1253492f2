"""loss_not_decreasing: the last resort for a network that moved far and learned nothing."""

from math import log
from typing import Any

import pytest

from service.diagnosis import diagnose, verdict
from service.diagnosis.rules.loss_not_decreasing import RULE
from service.experiment import Experiment
from service.spec.run import RunSpec
from tests.diagnosis.traces import Story, run, trace

CHANCE = (log(10), log(10))


def _around(*layers: dict[str, Any]) -> RunSpec:
    """Blocks with a skip path on the digits."""
    block = {"kind": "residual", "layers": [{"kind": "linear", "out_features": 64}, *layers]}
    return Experiment.model_validate(
        {
            "network": {
                "layers": [{"kind": "repeat", "times": 8, "layers": [block]}, {"kind": "linear", "out_features": 10}]
            },
            "data": {"source": {"kind": "digits"}},
            "training": {"loss": "cross_entropy", "steps": 100},
        }
    ).resolved()


FIRING = [
    pytest.param(run("relu"), Story(CHANCE), "data", id="whole, able, and none the wiser"),
    pytest.param(run("identity"), Story(CHANCE), "capacity", id="linear in depth"),
    pytest.param(run("relu", 0), Story(CHANCE), "capacity", id="a single layer"),
    pytest.param(run("tanh"), Story(CHANCE, update=0.2), "learning_rate", id="long steps"),
    pytest.param(run("relu"), Story((300.0, 2.3)), "initialization", id="spent on the way back"),
    pytest.param(
        _around({"kind": "activation", "function": "relu"}), Story((300.0, 2.3), factor=1.5), "depth", id="skip paths"
    ),
    pytest.param(run("sigmoid", 4), Story(CHANCE, factor=0.2), "activation", id="a lossy function"),
    pytest.param(
        run("relu"), Story(CHANCE, validation=(log(10),) * 8, accuracies=(0.3, 0.3)), "unknown", id="not blind"
    ),
    pytest.param(run("relu"), Story(CHANCE, validation=(log(10),) * 8, accuracies=(0.1, 0.14)), "data", id="by chance"),
    pytest.param(run("relu"), Story((40.0, 2.3), inputs=(20.0, 1.0)), "data", id="unscaled inputs"),
]
SILENT = [
    pytest.param(run("relu"), Story(), id="healthy"),
    pytest.param(run("relu"), Story((2.3, 2.2)), id="it learns a little"),
    pytest.param(run("relu"), Story((60.0, 2.3), update=0.02), id="falling still"),
    pytest.param(run("relu"), Story(CHANCE, update=1e-3), id="it has not moved"),
    pytest.param(run("relu"), Story(CHANCE, seen=90), id="it is not over yet"),
    pytest.param(run("relu"), Story(CHANCE, without=("update_ratio",)), id="no steps recorded"),
    pytest.param(run("relu"), Story(without=("loss",)), id="no loss recorded"),
]


@pytest.mark.parametrize(("run", "story", "cause"), FIRING)
def test_fires(run: RunSpec, story: Story, cause: str) -> None:
    told = trace(run, story)
    told.curves["loss"].values[len(told.curves["loss"].values) // 2 :] = log(10)
    [finding] = RULE(told, run)
    assert (finding.severity, finding.cause, finding.threshold) == ("warning", cause, 0.02)
    assert finding.value == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("run", "story"), SILENT)
def test_stays_silent(run: RunSpec, story: Story) -> None:
    assert RULE(trace(run, story), run) == ()


def test_says_how_far_it_moved_for_nothing() -> None:
    stuck = run("relu")
    [finding] = RULE(trace(stuck, Story(CHANCE)), stuck)
    assert finding.explanation == (
        "Over 100 steps the weights have moved by 1 times their length, and the loss ends at 2.3 where a constant "
        "prediction has 2.3, not 2% below it. The loss does not come down, because the gradient is in order and "
        "the network is able, so the inputs seem to tell nothing about the target."
    )


def test_is_asked_only_where_no_other_rule_speaks() -> None:
    stuck, vanishing = run("relu"), run("sigmoid", 20)
    assert verdict(diagnose(trace(stuck, Story(CHANCE)), stuck)) == "loss_not_decreasing"
    told = trace(vanishing, Story(CHANCE, factor=0.24))
    assert RULE(told, vanishing)
    assert [found.rule for found in diagnose(told, vanishing)] == ["vanishing_gradient"]
