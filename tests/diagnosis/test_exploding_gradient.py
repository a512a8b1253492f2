"""exploding_gradient: growth over depth or over steps that does harm; silent where a network copes with it."""

import pytest

from service.diagnosis.rules.exploding_gradient import RULE
from service.spec.run import RunSpec
from tests.diagnosis.traces import Story, recurrent, run, trace

FIRING = [
    pytest.param(run("relu", 20), Story((1e6, 1e6), factor=2.1), "initialization", id="large weights in depth"),
    pytest.param(run("tanh", 20), Story((6.0, 2.0), factor=1.6), "initialization", id="chaotic tanh"),
    pytest.param(run("relu", 80), Story((1e5, 1e3), factor=1.1), "depth", id="a little growth in many layers"),
    pytest.param(
        run("identity", 3), Story((2.3, 1e20), update=(3.0, 1e9), gradient=(1, 1e10)), "learning_rate", id="long steps"
    ),
    pytest.param(run("tanh"), Story((2.3, 80.0), update=2.0), "learning_rate", id="steps longer than the weights"),
    pytest.param(run("tanh"), Story((2.3, 2.3), gradient=(1.0, 1e5)), "learning_rate", id="the norm rises and stays"),
    pytest.param(
        run("tanh"), Story((2.3, 5.0), gradient=(1.0, 1e8), broken=("loss", 99, "")), "learning_rate", id="ends in NaN"
    ),
    pytest.param(
        run("exponential", 3), Story((50, 1e9), gradient=(10, 1e9)), "activation", id="exponential activations"
    ),
    pytest.param(
        run("relu", 3, normalize="none"),
        Story((20, 1e9), gradient=(60.0, 1e9), update=5.0),
        "data",
        id="unscaled inputs",
    ),
    pytest.param(run("relu", 0), Story((2.3, 1e9), update=5.0), "learning_rate", id="a single layer diverges"),
    pytest.param(run("relu", 20, steps=2), Story((1e9, 1e9), factor=3.4, update=1e6), "initialization", id="two steps"),
    pytest.param(
        run("relu", 20, steps=500), Story((1e9, 1e9), 3.4, seen=3), "initialization", id="at once in a long run"
    ),
]
SILENT = [
    pytest.param(run("relu", 10), Story((270.0, 0.01), factor=1.5), id="residual-like growth, and it learns"),
    pytest.param(run("relu", 50), Story((2.3, 0.1), factor=1.2), id="batch norm's growth in depth, and it learns"),
    pytest.param(run("relu"), Story(factor=1.1, gradient=(1.0, 30.0)), id="gradient rises while it learns"),
    pytest.param(run("relu"), Story((2.3, 2.3), factor=1.1), id="stuck, but nothing grows"),
    pytest.param(run("sigmoid"), Story((2.3, 2.3), factor=0.2), id="vanishing"),
    pytest.param(run("tanh"), Story((2.3, 0.2), gradient=(1e-3, 5.0)), id="a small gradient wakes up"),
    pytest.param(run("tanh"), Story((2.3, 0.2), update=1.5), id="long steps that lead somewhere"),
    pytest.param(run("tanh", batch_size=1), Story((2.3, 0.7), gradient=(1.0, 100.0)), id="batches of one are rough"),
    pytest.param(run("relu", 10, steps=300), Story((2.9, 2.8), factor=1.5, seen=10), id="too early to say"),
    pytest.param(run("tanh"), Story(without=("loss",)), id="no loss recorded"),
    pytest.param(run("tanh"), Story(factor=5.0, without=("delta_norm", "update_ratio")), id="nothing recorded"),
    pytest.param(run("relu", 10, steps=30), Story((270.0, 1.9), factor=1.8), id="short and falling fast"),
]

WORSE = (1.0, 0.9)
"""Never below the loss of a constant prediction, 1 / 6."""
GROWING = [
    pytest.param(recurrent(), Story(WORSE, through_time=1.3), "initialization", id="large recurrent weights"),
    pytest.param(recurrent(), Story(WORSE, through_time=1.08), "depth", id="a little in a hundred time steps"),
    pytest.param(recurrent(), Story(WORSE, through_time=(1.0, 1.3)), "learning_rate", id="grown in training"),
    pytest.param(recurrent(), Story(WORSE, through_time=(1.3, 1.0)), "initialization", id="at the initial weights"),
    pytest.param(recurrent("lstm"), Story((1, 1e9), through_time=1.3), "initialization", id="a gated layer diverges"),
    pytest.param(recurrent(length=1000), Story(WORSE, through_time=1.01), "depth", id="a thousand time steps"),
]
KEEPING = [
    pytest.param(recurrent(), Story((1.0, 0.01), through_time=1.3), id="clipped, and it learns"),
    pytest.param(recurrent(), Story(WORSE, through_time=1.05), id="a hundredfold"),
    pytest.param(recurrent(length=20), Story(WORSE, through_time=1.3), id="a short sequence"),
    pytest.param(recurrent(), Story(WORSE, through_time=0.6), id="it vanishes"),
    pytest.param(recurrent(steps=3000), Story(WORSE, through_time=1.3, seen=15), id="too early to say"),
]


@pytest.mark.parametrize(("run", "story", "cause"), GROWING)
def test_fires_through_time(run: RunSpec, story: Story, cause: str) -> None:
    [finding] = RULE(trace(run, story), run)
    assert finding.cause == cause
    assert finding.layers == (run.placed()[0].name,)
    assert "through time" in finding.explanation
    assert finding.value is not None
    assert finding.value > 1e3
    assert "clip_grad_norm" in {remedy.kind for remedy in finding.remedies}


@pytest.mark.parametrize(("run", "story"), KEEPING)
def test_stays_silent_through_time(run: RunSpec, story: Story) -> None:
    assert RULE(trace(run, story), run) == ()


def test_says_at_which_time_steps_the_signal_is_too_large() -> None:
    sick = recurrent()
    [finding] = RULE(trace(sick, Story((5.0, 5.0), through_time=2.0)), sick)
    assert (finding.severity, finding.first_step, finding.last_step) == ("critical", 0, 299)
    assert finding.remedies[0].kind == "initialization"
    assert finding.explanation == (
        "From step 0 on the backward signal at time step 0 of 00 rnn is through time 6.3e+29 times that at time step "
        "99 (a factor of 2.00 per time step; over 1000 at time steps 0 to 89), and the loss ends at 5 where a constant "
        "prediction has 0.167. The gradient explodes because the initial recurrent weights enlarge the signal at every "
        "time step."
    )


@pytest.mark.parametrize(("run", "story", "cause"), FIRING)
def test_fires(run: RunSpec, story: Story, cause: str) -> None:
    [finding] = RULE(trace(run, story), run)
    assert finding.cause == cause
    assert finding.value is not None
    assert finding.threshold is not None
    assert finding.value > finding.threshold
    assert finding.layers
    assert finding.remedies


@pytest.mark.parametrize(("run", "story"), SILENT)
def test_stays_silent(run: RunSpec, story: Story) -> None:
    assert RULE(trace(run, story), run) == ()


def test_names_the_layers_and_the_step_of_growth_over_depth() -> None:
    sick = run("relu", 20)
    [finding] = RULE(trace(sick, Story((1e6, 1e6), factor=2.0)), sick)
    assert finding.first_step == 0
    assert finding.layers[0] == "00 linear"
    assert "40 linear" not in finding.layers
    assert finding.value == pytest.approx(2.0**20, rel=1e-4)


def test_names_the_step_of_a_rise() -> None:
    sick = run("tanh", steps=101)
    [finding] = RULE(trace(sick, Story((2.3, 2.3), gradient=(1.0, 1e4))), sick)
    assert finding.first_step == 76  # 10⁴ ^ (76 / 100) is the first beyond a thousandfold
