"""oscillating_loss: to and fro by more than batches explain; silent where noise, or a way down, explains it."""

from dataclasses import replace

import numpy as np
import pytest

from service.diagnosis.rules.oscillating_loss import RULE
from service.spec.run import RunSpec
from service.trace.trace import Trace
from tests.diagnosis.traces import Story, run, trace

RESTLESS = run("tanh", 3, steps=400)


def _looks(amplitude: float, decay: float = 1.0) -> tuple[float, ...]:
    return tuple(1.5 + amplitude * (-decay) ** look for look in range(20))


def _jumping(run: RunSpec, amplitude: float, *, to_and_fro: bool) -> Trace:
    """A loss around 1.5 that jumps to and fro, or the same jumps in any order."""
    told = trace(run, Story((1.5, 1.5), update=0.05))
    signs = (-1.0) ** np.arange(run.total_steps)
    if not to_and_fro:
        np.random.default_rng(0).shuffle(signs)
    loss = told.curves["loss"]
    jumping = replace(loss, values=loss.values + amplitude * signs[:, None].astype(np.float32))
    return replace(told, curves={**told.curves, "loss": jumping})


FIRING = [
    pytest.param(RESTLESS, Story((1.5, 1.5), 1.0, update=0.05, validation=_looks(0.2)), id="swings that do not decay"),
    pytest.param(RESTLESS, Story((3.0, 3.0), 1.0, update=0.5, validation=_looks(1.0)), id="high above a constant"),
    pytest.param(
        run("tanh", 3, steps=400, batch_size=4),
        Story((1.5, 1.5), update=0.05, validation=_looks(0.8)),
        id="four samples",
    ),
    pytest.param(
        RESTLESS, Story((2.5, 0.2), update=0.05, validation=_looks(2.5)), id="it learns, and others pay for it"
    ),
    pytest.param(RESTLESS, Story((2.0, 0.6), update=0.05, validation=_looks(0.3)), id="half learned"),
    pytest.param(RESTLESS, Story((1.5, 1.5), update=0.05, validation=_looks(0.2) * 10), id="looked at very often"),
]
SILENT = [
    pytest.param(RESTLESS, Story(), id="healthy"),
    pytest.param(RESTLESS, Story((1.5, 1.5), update=0.05, validation=_looks(0.03)), id="small swings"),
    pytest.param(RESTLESS, Story((1.5, 1.5), update=0.05, validation=_looks(2.0, 0.8)), id="swings that die away"),
    pytest.param(RESTLESS, Story((2.5, 0.2), update=0.05, validation=_looks(0.3)), id="it learns nevertheless"),
    pytest.param(
        RESTLESS, Story((2.0, 1.5), update=0.05, validation=tuple(np.linspace(2.0, 9.0, 20))), id="it overfits"
    ),
    pytest.param(
        run("tanh", 3, steps=400, batch_size=1), Story((1.5, 1.5), update=0.05, validation=_looks(0.2)), id="one sample"
    ),
    pytest.param(RESTLESS, Story((1.5, 1.5), update=1e-4, validation=_looks(0.3)), id="steps too short for it"),
    pytest.param(RESTLESS, Story((1.5, 1.5), update=0.05, validation=_looks(0.3), seen=300), id="it is not over yet"),
    pytest.param(RESTLESS, Story((1.5, 1.5), update=0.05), id="never validated"),
    pytest.param(RESTLESS, Story((1.5, 1.5), update=0.05, validation=_looks(0.3), broken=("loss", 350, "")), id="NaN"),
    pytest.param(RESTLESS, Story(without=("loss",)), id="no loss recorded"),
]


@pytest.mark.parametrize(("run", "story"), FIRING)
def test_fires(run: RunSpec, story: Story) -> None:
    [finding] = RULE(trace(run, story), run)
    assert (finding.severity, finding.cause) == ("warning", "learning_rate")
    assert finding.value is not None
    assert finding.threshold is not None
    assert finding.value > finding.threshold
    assert finding.remedies[0].kind == "learning_rate"


@pytest.mark.parametrize(("run", "story"), SILENT)
def test_stays_silent(run: RunSpec, story: Story) -> None:
    assert RULE(trace(run, story), run) == ()


def test_a_period_of_two_shows_in_the_training_loss() -> None:
    """Between validations lies an even number of steps, so they see nothing of it."""
    [finding] = RULE(_jumping(RESTLESS, 0.5, to_and_fro=True), RESTLESS)
    assert finding.value == pytest.approx(1.0, abs=0.01)
    assert "to and fro with every step" in finding.explanation


def test_the_same_jumps_in_any_order_are_noise_of_batches() -> None:
    assert RULE(_jumping(RESTLESS, 0.5, to_and_fro=False), RESTLESS) == ()
    assert RULE(_jumping(RESTLESS, 0.05, to_and_fro=True), RESTLESS) == ()


def test_says_what_is_gained_and_lost_again() -> None:
    sick = run("tanh", 3, steps=400)
    [finding] = RULE(trace(sick, Story((1.5, 1.5), update=0.05, validation=_looks(0.23))), sick)
    # Ten looks, nine ways between them, four of them down or up by 0.46.
    assert finding.value == pytest.approx(4 * 0.46 / np.log(10), rel=1e-2)
    assert finding.explanation.startswith(
        "From step 200 on the validation loss, which has no noise of batches, gains and loses again 0.8 times"
    )
