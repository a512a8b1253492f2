"""vanishing_gradient: the signal is lost over depth and the loss stays; silent where a network learns all the same."""

import pytest

from service.diagnosis.rules.vanishing_gradient import RULE
from service.spec.run import RunSpec
from tests.diagnosis.traces import Story, recurrent, run, trace

STUCK = (2.3, 2.3)
FIRING = [
    pytest.param(run("sigmoid"), Story(STUCK, factor=0.24), "activation", id="sigmoid in depth"),
    pytest.param(run("softplus", 20), Story(STUCK, factor=0.3), "activation", id="softplus in depth"),
    pytest.param(run("softmax", 8), Story(STUCK, factor=0.05), "activation", id="softmax as a hidden activation"),
    pytest.param(run("tanh", 20), Story(STUCK, factor=0.57), "initialization", id="tanh with small weights"),
    pytest.param(run("relu", 20), Story(STUCK, factor=0.41, gain=1 / 3), "initialization", id="ReLU, torch's default"),
    pytest.param(run("relu", 20), Story(STUCK, factor=0.0, gain=1e-4), "initialization", id="signal underflows to 0"),
    pytest.param(run("gelu", 100), Story(STUCK, factor=0.92), "depth", id="a hundred layers that lose a little each"),
    pytest.param(run("relu", 30, width=4), Story(STUCK, factor=0.7, gain=2.0), "width", id="narrow, weights right"),
    pytest.param(
        run("tanh"), Story(STUCK, factor=(1.0, 0.1), update=(2.0, 0.01)), "learning_rate", id="lost by long steps"
    ),
    pytest.param(run("tanh"), Story(STUCK, factor=(1.0, 0.1)), "unknown", id="lost in training without a long step"),
    pytest.param(
        run("sigmoid", 4, steps=300),
        Story(STUCK, factor=0.24),
        "activation",
        id="a plateau the last layer cannot leave",
    ),
    pytest.param(run("sigmoid", 20, optimizer="adam"), Story(STUCK, factor=0.24), "activation", id="hidden by Adam"),
    pytest.param(run("sigmoid", 20, steps=10), Story(STUCK, factor=0.24), "activation", id="hopeless after ten steps"),
    pytest.param(run("sigmoid", 8, steps=3000), Story(STUCK, 0.24, thinned=40), "activation", id="thinned signal"),
    pytest.param(run("sigmoid", 8, steps=500, every=25), Story(STUCK, 0.24), "activation", id="every 25th step"),
    pytest.param(
        run("sigmoid", 8), Story(STUCK, 0.24, without=("update_ratio", "weight_norm")), "activation", id="bare"
    ),
    pytest.param(
        run("sigmoid", 8, loss="mse"), Story((0.3, 0.09), factor=0.24), "activation", id="mse falls to the constant's"
    ),
]
SILENT = [
    pytest.param(run("tanh", 30), Story(factor=0.94), id="deep and healthy"),
    pytest.param(run("sigmoid", 2), Story(STUCK, factor=0.24), id="two sigmoid layers that have not learned yet"),
    pytest.param(run("sigmoid", 6), Story(factor=0.24), id="steep, but it learns"),
    pytest.param(run("relu", 20), Story((2.3, 0.01), factor=(0.5, 1.0)), id="steep at first, recovers and learns"),
    pytest.param(run("sigmoid", 8, optimizer="adam"), Story((2.3, 0.5), factor=0.24), id="Adam trains it"),
    pytest.param(run("tanh", 10, lr=1e-4), Story(STUCK, factor=0.95), id="too slow to learn, signal arrives"),
    pytest.param(run("tanh"), Story((2.3, 2.2), factor=1.0), id="hard data, signal arrives"),
    pytest.param(run("relu", 0), Story(STUCK), id="a single layer has no depth"),
    pytest.param(run("sigmoid", 6, steps=20), Story(STUCK, factor=0.24), id="twenty steps say little"),
    pytest.param(run("sigmoid", 20, steps=300), Story(STUCK, factor=0.24, seen=15), id="too early to say"),
    pytest.param(run("sigmoid", 8), Story(STUCK, factor=0.24, without=("delta_norm",)), id="no signal recorded"),
    pytest.param(run("sigmoid", 8), Story(STUCK, factor=0.24, without=("loss",)), id="no loss recorded"),
    pytest.param(run("tanh"), Story((2.3, 1e6), factor=3.0), id="the signal grows"),
    pytest.param(run("tanh"), Story(broken=("delta_norm", 0, "00 linear")), id="never finite"),
    pytest.param(
        run("sigmoid", 4, steps=60), Story(STUCK, 0.24, update=1e-4), id="the last layer had no chance either"
    ),
    pytest.param(run("sigmoid", 6, loss="mse"), Story((0.3, 0.01), factor=0.24), id="mse below the constant's"),
    pytest.param(run("tanh"), Story(STUCK, factor=0.9, broken=("loss", 50, "")), id="NaN in the middle of the series"),
]

MEAN = (0.9, 1 / 6)
"""The mean of the answers is learned, and nothing else."""
FADING = [
    pytest.param(recurrent(), Story(MEAN, through_time=0.6), "initialization", id="tanh, torch's default"),
    pytest.param(recurrent(optimizer="sgd"), Story(MEAN, through_time=0.6), "initialization", id="under SGD"),
    pytest.param(recurrent(nonlinearity="relu"), Story(MEAN, through_time=0.0), "initialization", id="underflows to 0"),
    pytest.param(recurrent(length=1000), Story(MEAN, through_time=0.95), "depth", id="a little in a thousand steps"),
    pytest.param(recurrent(), Story(MEAN, through_time=(0.99, 0.7)), "depth", id="lost in training"),
    pytest.param(
        recurrent(), Story(MEAN, through_time=(0.99, 0.7), update=0.5), "learning_rate", id="lost by long steps"
    ),
    pytest.param(recurrent("lstm"), Story(MEAN, through_time=0.6), "initialization", id="gates that stay half closed"),
    pytest.param(recurrent("gru", steps=2000), Story(MEAN, through_time=0.6, thinned=16), "initialization", id="thin"),
    pytest.param(recurrent(steps=3000), Story(MEAN, through_time=0.6, seen=400), "initialization", id="it goes on"),
]
ARRIVING = [
    pytest.param(recurrent(length=20), Story(MEAN, through_time=0.6), id="a short sequence that is not learned"),
    pytest.param(recurrent(), Story((0.9, 0.01), through_time=0.6), id="a task that ends in its last steps"),
    pytest.param(recurrent(), Story((0.9, 0.13), through_time=0.6), id="part of the answer came lately"),
    pytest.param(recurrent("lstm"), Story((0.9, 0.001), through_time=(0.6, 0.97)), id="gates that learn to open"),
    pytest.param(recurrent("lstm"), Story(MEAN, through_time=0.97), id="open gates, nothing learned yet"),
    pytest.param(recurrent("lstm", steps=3000), Story(MEAN, through_time=0.6, seen=2000), id="gates may still open"),
    pytest.param(recurrent("gru"), Story(MEAN, through_time=0.6, update=1e-5), id="gates that had no chance"),
    pytest.param(recurrent(output="sequence"), Story(MEAN, through_time=1.0), id="read at every time step"),
    pytest.param(recurrent(), Story(MEAN, through_time=(0.6, 0.97)), id="it arrives by now"),
    pytest.param(recurrent(), Story(MEAN, through_time=1.2), id="it grows"),
    pytest.param(recurrent(length=2), Story(MEAN, through_time=0.6), id="two time steps"),
    pytest.param(recurrent(steps=3000), Story(MEAN, through_time=0.6, seen=15), id="too early to say"),
    pytest.param(recurrent(), Story(MEAN, through_time=0.6, without=("time_delta_norm",)), id="not recorded"),
    pytest.param(
        recurrent(), Story(MEAN, through_time=0.6, broken=("time_delta_norm", 0, "00 rnn t99")), id="never finite"
    ),
]


@pytest.mark.parametrize(("run", "story", "cause"), FADING)
def test_fires_through_time(run: RunSpec, story: Story, cause: str) -> None:
    [finding] = RULE(trace(run, story), run)
    assert finding.cause == cause
    assert finding.layers == (run.placed()[0].name,)
    assert "through time" in finding.explanation
    assert finding.value is not None
    assert finding.value < 1e-7
    assert finding.remedies[0].kind == "initialization"


@pytest.mark.parametrize(("run", "story"), ARRIVING)
def test_stays_silent_through_time(run: RunSpec, story: Story) -> None:
    assert RULE(trace(run, story), run) == ()


def test_says_from_which_time_step_on_nothing_arrives() -> None:
    sick = recurrent()
    [finding] = RULE(trace(sick, Story((1 / 6, 1 / 6), through_time=0.5)), sick)
    assert finding.severity == "critical"
    assert finding.explanation == (
        "From step 0 on only 1.6e-30 of the backward signal at time step 99 of 00 rnn reaches time step 0 through "
        "time (a factor of 0.50 per time step; below 1e-07 at time steps 0 to 75), and the loss ends at 0.167 where a "
        "constant prediction has 0.167. The signal is lost because the initial recurrent weights shrink it at every "
        "time step; the gates of an lstm or gru are made to pass it on."
    )


@pytest.mark.parametrize(("run", "story", "cause"), FIRING)
def test_fires(run: RunSpec, story: Story, cause: str) -> None:
    [finding] = RULE(trace(run, story), run)
    assert finding.cause == cause
    assert finding.value is not None
    assert finding.threshold is not None
    assert finding.value < finding.threshold
    assert finding.layers[0] == "00 linear" if len(run.network.layers) < 100 else finding.layers
    assert finding.remedies


@pytest.mark.parametrize(("run", "story"), SILENT)
def test_stays_silent(run: RunSpec, story: Story) -> None:
    assert RULE(trace(run, story), run) == ()


def test_explains_itself_in_two_sentences() -> None:
    sick = run("sigmoid")
    [finding] = RULE(trace(sick, Story(STUCK, factor=0.25)), sick)
    assert finding.first_step == 0
    assert finding.last_step == 99
    assert finding.value == pytest.approx(0.25**6, rel=1e-4)
    assert finding.explanation == (
        "From step 0 on only 2.4e-04 of the backward signal at 12 linear reaches 00 linear (a factor of 0.25 per "
        "layer; below 0.001 in 2 of 7 layers), and the loss ends at 2.3 where a constant prediction has 2.3. "
        "The signal is lost because its activation function passes on only a part of the gradient, whatever the "
        "initialization."
    )
    assert finding.layers == ("00 linear", "02 linear")


def test_a_threshold_can_be_replaced() -> None:
    sick = run("sigmoid")
    assert RULE(trace(sick, Story(STUCK, factor=0.25)), sick, ratio=1e-6, plateau_path=1e9) == ()
