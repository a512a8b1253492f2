"""learning_rate_too_low: nothing is wrong but the speed; silent where a run is short or moves at all."""

import pytest

from service.diagnosis.rules.learning_rate_too_low import RULE
from service.spec.run import RunSpec
from tests.diagnosis.traces import Story, run, trace

SLOW = run("relu", 3, steps=300)
LOOKS = (2.500, 2.499, 2.498, 2.497)
FIRING = [
    pytest.param(SLOW, Story((2.5, 2.49), update=1e-6), id="a straight line, nearly level"),
    pytest.param(SLOW, Story((2.5, 2.5), update=1e-7), id="no movement to be seen"),
    pytest.param(SLOW, Story((2.5, 2.4), update=1e-6, validation=LOOKS), id="validation knows better"),
    pytest.param(run("tanh", steps=2000), Story((2.5, 2.45), update=4e-6), id="a long run"),
    pytest.param(run("relu", 3, steps=300, optimizer="adam"), Story((2.5, 2.49), update=1e-6), id="Adam"),
    pytest.param(
        run("relu", 3, steps=300, batch_size=1), Story((2.5, 2.49), update=1e-6, dead=0.6), id="batches of one"
    ),
    pytest.param(run("relu", 0, steps=300), Story((2.5, 2.49), update=1e-6), id="a single layer"),
    pytest.param(run("relu", 3, steps=60), Story((2.5, 2.5), update=1e-7), id="lost in rounding, however short"),
    pytest.param(run("relu", 3, steps=300, lr=0.0), Story((2.5, 2.5), update=0.0), id="a learning rate of zero"),
    pytest.param(run("relu", 3, steps=300, every=10), Story((2.5, 2.49), update=1e-6), id="every tenth step recorded"),
]
SILENT = [
    pytest.param(SLOW, Story(), id="healthy"),
    pytest.param(SLOW, Story((2.5, 2.2), update=1e-5), id="it comes along: fifteen such runs would do"),
    pytest.param(SLOW, Story((2.5, 2.49), update=1e-4), id="the weights do move"),
    pytest.param(run("relu", 3, steps=120), Story((2.5, 2.49), update=1e-5), id="a short look"),
    pytest.param(SLOW, Story((2.5, 2.5), update=1e-6, seen=250), id="it is not over yet"),
    pytest.param(SLOW, Story((2.5, 2.49), update=1e-6, gradient=(1.0, 0.1)), id="the slope is used up"),
    pytest.param(SLOW, Story((1.5, 1.49), update=1e-6), id="it knew before"),
    pytest.param(run("sigmoid", 20, steps=300), Story((2.5, 2.5), update=1e-6, factor=0.24), id="no signal arrives"),
    pytest.param(SLOW, Story((2.5, 2.5), update=1e-6, dead=1.0), id="dead"),
    pytest.param(SLOW, Story((300.0, 299.0), update=1e-6), id="far too large outputs"),
    pytest.param(SLOW, Story((2.5, 2.5), update=0.0), id="no step at all"),
    pytest.param(SLOW, Story((2.5, 2.5), update=1e-6, broken=("loss", 200, "")), id="NaN"),
    pytest.param(SLOW, Story((2.5, 2.5), without=("update_ratio",)), id="no steps recorded"),
    pytest.param(SLOW, Story(without=("loss",)), id="no loss recorded"),
]


@pytest.mark.parametrize(("run", "story"), FIRING)
def test_fires(run: RunSpec, story: Story) -> None:
    [finding] = RULE(trace(run, story), run)
    assert (finding.severity, finding.cause) == ("warning", "learning_rate")
    assert finding.value is not None
    assert finding.threshold == 1e-2
    assert finding.value < finding.threshold
    assert finding.remedies[0].kind == "learning_rate"


@pytest.mark.parametrize(("run", "story"), SILENT)
def test_stays_silent(run: RunSpec, story: Story) -> None:
    assert RULE(trace(run, story), run) == ()


def test_says_how_far_it_came_and_how_long_it_would_take() -> None:
    [finding] = RULE(trace(SLOW, Story((2.5, 2.4), update=1e-6, validation=LOOKS)), SLOW)
    assert finding.explanation == (
        "All 300 steps together move no layer by more than 3.0e-04 of its weights' length (below 0.01), and the loss "
        "goes from 2.5 to 2.497, at which speed learning takes 3.4e+02 such runs. The gradient is as large at the end "
        "as at the start, so the way is open and the steps are too short."
    )


def test_a_rate_of_zero_is_told_and_answered_by_the_usual_one() -> None:
    zero = run("relu", 3, steps=300, lr=0.0)
    [finding] = RULE(trace(zero, Story((2.5, 2.5), update=0.0)), zero)
    assert finding.explanation.endswith("The learning rate is zero, so nothing is ever changed.")
    assert finding.remedies[0].model_dump(exclude_none=True) == {"kind": "learning_rate", "lr": 1e-3}


@pytest.mark.parametrize(("update", "factor"), [(1e-6, 1e3), (2e-5, 1e2), (1e-12, 1e4)])
def test_prescribes_a_rate_that_moves_weights_by_about_a_thousandth(update: float, factor: float) -> None:
    [finding] = RULE(trace(SLOW, Story((2.5, 2.499), update=update)), SLOW)
    assert finding.remedies[0].model_dump(exclude_none=True)["factor"] == factor
