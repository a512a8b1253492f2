"""saturated_activations: from the start or in training; silent on confident networks that have learned."""

import pytest

from service.diagnosis.rules.saturated_activations import RULE
from service.spec.run import RunSpec
from tests.diagnosis.traces import Story, run, trace

STUCK = (2.3, 2.3)
FIRING = [
    pytest.param(run("tanh"), Story((11.0, 1.2), saturated=0.7), "initialization", id="huge weights"),
    pytest.param(run("sigmoid"), Story((20.0, 5.0), saturated=0.9), "initialization", id="huge weights, sigmoid"),
    pytest.param(run("softsign"), Story(STUCK, saturated=0.6), "initialization", id="softsign"),
    pytest.param(run("hardtanh"), Story(STUCK, saturated=0.95), "initialization", id="hardtanh"),
    pytest.param(
        run("tanh", 1, normalize="none"), Story(STUCK, saturated=0.9, gradient=10.0), "data", id="unscaled inputs"
    ),
    pytest.param(
        run("tanh"),
        Story((2.3, 20.0), saturated=(0.01, 1.0), update=2.0),
        "learning_rate",
        id="driven there by long steps",
    ),
    pytest.param(
        run("tanh"),
        Story(STUCK, saturated=(0.01, 0.9), factor=(1.0, 0.3)),
        "unknown",
        id="comes up and stops the signal",
    ),
    pytest.param(run("tanh", steps=3000), Story(STUCK, saturated=0.9, thinned=60), "initialization", id="thinned"),
]
SILENT = [
    pytest.param(run("tanh"), Story(saturated=0.02), id="hardly any"),
    pytest.param(
        run("tanh", 1, normalize="none"),
        Story((2.3, 0.8), saturated=0.9, gradient=10.0),
        id="unscaled inputs, and it learns all the same",
    ),
    pytest.param(run("tanh"), Story(saturated=(0.0, 0.6)), id="confident at the end, and it has learned"),
    pytest.param(run("tanh"), Story(saturated=0.7), id="from the start, and it learns well all the same"),
    pytest.param(run("tanh"), Story((2.3, 2.0), saturated=(0.0, 0.6)), id="hard data, no harm seen"),
    pytest.param(run("tanh"), Story(STUCK, saturated=(0.9, 0.1)), id="recovers"),
    pytest.param(run("relu"), Story(STUCK, saturated=0.6), id="the zero half of a ReLU"),
    pytest.param(run("tanh", steps=500), Story(STUCK, saturated=0.9, seen=5), id="too early to say"),
    pytest.param(run("tanh"), Story(STUCK, saturated=0.9, without=("saturated_fraction",)), id="not recorded"),
]


@pytest.mark.parametrize(("run", "story", "cause"), FIRING)
def test_fires(run: RunSpec, story: Story, cause: str) -> None:
    [finding] = RULE(trace(run, story), run)
    assert finding.cause == cause
    assert finding.value is not None
    assert finding.threshold is not None
    assert finding.value >= finding.threshold
    assert finding.layers[0] == "01 activation"
    assert finding.remedies


@pytest.mark.parametrize(("run", "story"), SILENT)
def test_stays_silent(run: RunSpec, story: Story) -> None:
    assert RULE(trace(run, story), run) == ()


def test_the_output_activation_may_saturate() -> None:
    sigmoid_output = run("sigmoid", 1, width=10)
    layers = sigmoid_output.network.layers[:-1]
    healthy = sigmoid_output.model_copy(
        update={"network": sigmoid_output.network.model_copy(update={"layers": layers})}
    )
    assert RULE(trace(healthy, Story(STUCK, saturated=0.9)), healthy) == ()
