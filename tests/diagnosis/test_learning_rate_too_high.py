"""learning_rate_too_high: all was well at the initial weights, and long steps have made an end of it."""

import pytest

from service.diagnosis.rules.learning_rate_too_high import RULE
from service.spec.run import RunSpec
from service.trace.trace import Trace
from tests.diagnosis.traces import Story, recurrent, run, trace

LONG = (1.0, 1e-6)
FIRING = [
    pytest.param(run("tanh"), Story((2.5, 9.0), update=1.5), "is at", id="the loss rises and stays high"),
    pytest.param(run("identity", 3), Story((2.5, 1e30), update=(2.0, 1e9)), "is at", id="it diverges"),
    pytest.param(
        run("relu"), Story((2.5, 1e9), update=2.0, broken=("loss", 60, "")), "no longer finite", id="it ends in NaN"
    ),
    pytest.param(run("relu"), Story((2.5, 2.3), update=LONG, dead=(0.02, 5.0)), "is dead", id="units die"),
    pytest.param(run("tanh"), Story((2.5, 2.3), update=LONG, saturated=(0.01, 5.0)), "is saturated", id="it saturates"),
    pytest.param(run("gelu"), Story((2.5, 2.3), update=LONG, factor=(1.0, 0.1)), "arrives", id="the signal is lost"),
    pytest.param(
        run("relu", steps=300),
        Story((2.5, 0.9), update=LONG, dead=(0.02, 5.0)),
        "is dead",
        id="what is left of it learns a little",
    ),
    pytest.param(
        run("tanh"), Story((2.5, 2.3), update=0.06, saturated=(0.01, 5.0)), "is saturated", id="ten shorter steps"
    ),
    pytest.param(run("relu", 0), Story((2.5, 9.0), update=2.0), "is at", id="a single layer"),
    pytest.param(run("tanh", batch_size=1), Story((2.5, 9.0), update=2.0), "is at", id="batches of one"),
    pytest.param(run("tanh", every=10), Story((2.5, 9.0), update=0.3), "is at", id="every tenth step recorded"),
    pytest.param(run("tanh", 20, steps=5000), Story((2.5, 1e9), update=5.0, seen=12), "is at", id="at once"),
    pytest.param(recurrent(), Story((0.2, 4.0), update=1.0), "is at", id="a recurrent layer"),
    pytest.param(
        recurrent("lstm"),
        Story((0.2, 0.17), update=1.0, through_time=(0.99, 0.5)),
        "through time",
        id="gates thrown shut",
    ),
]
SILENT = [
    pytest.param(run("relu"), Story(), id="healthy"),
    pytest.param(run("tanh"), Story(update=2.0), id="long steps that lead somewhere"),
    pytest.param(run("tanh"), Story((2.5, 0.2), update=2.0, saturated=(0.01, 5.0)), id="certain of itself, and right"),
    pytest.param(run("tanh"), Story((2.5, 9.0), update=0.02), id="worse and worse by short steps"),
    pytest.param(run("tanh"), Story((2.5, 2.3), update=1.0), id="stuck, but whole"),
    pytest.param(run("relu"), Story((40.0, 9.0), update=2.0), id="outputs far too large from the start"),
    pytest.param(run("relu", 20), Story((1e6, 1e9), update=2.0, factor=2.1), id="exploding from the start"),
    pytest.param(run("tanh", 20), Story((2.5, 9.0), update=2.0, factor=1.6), id="chaotic from the start"),
    pytest.param(run("sigmoid", 20), Story((2.5, 9.0), update=2.0, factor=0.24), id="vanishing from the start"),
    pytest.param(run("relu"), Story((2.5, 9.0), update=2.0, dead=0.9), id="born dead"),
    pytest.param(run("tanh"), Story((2.5, 9.0), update=2.0, saturated=0.9), id="saturated from the start"),
    pytest.param(run("relu"), Story((9.0, 50.0), update=2.0, inputs=(20.0, 1.0)), id="unscaled inputs"),
    pytest.param(run("exponential", 3), Story((2.5, 50.0), update=2.0), id="exponential activations"),
    pytest.param(recurrent(), Story((0.2, 9.0), update=2.0, through_time=1.3), id="exploding through time"),
    pytest.param(run("tanh", steps=5000), Story((2.5, 9.0), update=2.0, seen=12), id="too early to say"),
    pytest.param(run("tanh"), Story((2.5, 9.0), without=("update_ratio",)), id="no steps recorded"),
    pytest.param(run("tanh"), Story(without=("loss",)), id="no loss recorded"),
]


@pytest.mark.parametrize(("run", "story", "harm"), FIRING)
def test_fires(run: RunSpec, story: Story, harm: str) -> None:
    [finding] = RULE(trace(run, story), run)
    assert (finding.cause, finding.threshold) == ("learning_rate", 0.5)
    assert finding.value is not None
    assert finding.value > 0.5
    assert harm in finding.explanation
    assert finding.layers
    assert finding.remedies[0].model_dump(exclude_none=True) == {"kind": "learning_rate", "factor": 0.1}


@pytest.mark.parametrize(("run", "story"), SILENT)
def test_stays_silent(run: RunSpec, story: Story) -> None:
    assert RULE(trace(run, story), run) == ()


def test_says_since_when_by_how_much_and_what_came_of_it() -> None:
    sick = run("relu", steps=101)
    [finding] = RULE(trace(sick, Story((2.5, 2.3), update=(1e-4, 1.0), dead=(0.02, 5.0))), sick)
    # Ten steps from 10^(-4 + 0.04 k) on: their sum is over a half from step 63 on.
    ways = [sum(10 ** (-4 + 0.04 * step) for step in range(first, first + 10)) for first in (62, 63)]
    assert ways[0] < 0.5 < ways[1]
    assert (finding.severity, finding.first_step, finding.last_step) == ("critical", 63, 100)
    assert finding.value == pytest.approx(ways[1], rel=1e-4)
    assert finding.explanation == (
        "From step 63 on ten steps move 00 linear and 6 more layer(s) by 0.52 times its length (over 0.5), and since "
        "then 100% of 01 activation, which was not so at first, is dead. At the initial weights all was well, with a "
        "loss of 2.5 where a constant prediction has 2.3, so the steps are too long."
    )


def test_what_was_learned_and_lost_again_is_harm() -> None:
    """The mean of a tenth of the run comes down to 1.9 and goes back to where it was."""
    sick = run("tanh", steps=100)
    told = trace(sick, Story((2.4, 2.3), update=0.5))
    told.curves["loss"].values[40:60] = 1.9
    [finding] = RULE(told, sick)
    assert "the loss, which had come down to 1.9, is back at 2.3" in finding.explanation
    told.curves["loss"].values[40:60] = 2.25
    assert RULE(told, sick) == ()


def _thrown(loss: float, end: float, update: float) -> tuple[RunSpec, Trace]:
    """A run whose loss is at `loss` for ten steps and comes down to `end`."""
    told = trace(thrown := run("tanh", steps=200), Story((2.4, end), update=update))
    told.metrics["update_ratio"].values[:10] = 1.0
    told.curves["loss"].values[10:20] = loss
    return thrown, told


def test_a_loss_that_was_thrown_up_by_steps_that_are_long_still_is_harm() -> None:
    thrown, told = _thrown(60.0, 0.8, update=0.03)
    [finding] = RULE(told, thrown)
    assert finding.severity == "warning"
    assert "the loss, 2.4 at first, has been at 60 and ends at 0.8" in finding.explanation


@pytest.mark.parametrize(
    ("loss", "end", "update"),
    [
        pytest.param(15.0, 0.8, 0.03, id="not so high"),
        pytest.param(60.0, 0.2, 0.03, id="it has learned well since"),
        pytest.param(60.0, 0.8, 1e-4, id="it has settled since"),
    ],
)
def test_a_catapult_is_none(loss: float, end: float, update: float) -> None:
    """Lewkowycz et al. 2020: a loss that goes up at first may come down the better."""
    thrown, told = _thrown(loss, end, update)
    assert RULE(told, thrown) == ()
