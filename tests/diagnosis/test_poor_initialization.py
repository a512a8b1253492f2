"""poor_initialization: units that are copies, and outputs far too large; silent where another rule says more."""

from typing import Any

import pytest

from service.diagnosis.evidence.symmetry import identical_layers
from service.diagnosis.rules.poor_initialization import RULE
from service.spec.run import RunSpec
from tests.diagnosis.traces import Story, run, trace
from tests.experiments import activation, body, conv, linear, residual, resolved

STUCK = (2.3, 2.3)
CONSTANT = {"scheme": "constant", "value": 0.1}
RANDOM_BIAS = {"bias": {"scheme": "normal", "std": 0.1}}
RELU, LAST = activation("relu"), linear(10)


def started(init: dict[str, Any], *layers: dict[str, Any], **rest: Any) -> RunSpec:
    return resolved(body(*(layers or (linear(16), RELU, LAST)), init=init, **rest))


ALIKE = [
    pytest.param(started(CONSTANT), ("00 linear",), id="constant"),
    pytest.param(started({"scheme": "constant", "value": 0.0}), ("00 linear",), id="zero"),
    pytest.param(started({"scheme": "normal", "std": 0.0}), ("00 linear",), id="no spread"),
    pytest.param(started({"scheme": "uniform", "low": 0.1, "high": 0.1}), ("00 linear",), id="no width"),
    pytest.param(
        started(CONSTANT, linear(8), RELU, {"kind": "batch_norm"}, linear(8), RELU, LAST),
        ("00 linear", "03 linear"),
        id="two layers",
    ),
    pytest.param(
        started(CONSTANT, conv("conv2d", 4, 3), RELU, {"kind": "flatten"}, LAST), ("00 conv2d",), id="channels"
    ),
    pytest.param(started(CONSTANT, {"kind": "rnn", "hidden_size": 8}, LAST), ("00 rnn",), id="states"),
    pytest.param(
        started({"scheme": "he"}, linear(8), residual(linear(8, init=CONSTANT), RELU, linear(8, init=CONSTANT)), LAST),
        ("01 linear",),
        id="within a block",
    ),
]
DIFFERENT = [
    pytest.param(started({"scheme": "he"}), id="random"),
    pytest.param(started(CONSTANT, LAST), id="no hidden layer"),
    pytest.param(started(CONSTANT, linear(1), RELU, LAST), id="a single unit"),
    pytest.param(started({**CONSTANT, **RANDOM_BIAS}), id="random biases"),
    pytest.param(started({"scheme": "he"}, linear(16, init=CONSTANT), RELU, LAST), id="read in different ways"),
    pytest.param(started(CONSTANT, linear(16, init={"scheme": "he"}), RELU, LAST), id="reading in different ways"),
    pytest.param(started(CONSTANT, linear(16), RELU, {"kind": "dropout"}, LAST), id="dropped at random"),
]


@pytest.mark.parametrize(("run", "layers"), ALIKE)
def test_finds_copies(run: RunSpec, layers: tuple[str, ...]) -> None:
    assert identical_layers(run) == layers
    [finding] = RULE(trace(run, Story(STUCK, factor=1e-6)), run)
    assert (finding.cause, finding.severity, finding.layers) == ("initialization", "critical", layers)
    assert (finding.first_step, finding.value) == (0, None)


@pytest.mark.parametrize("run", DIFFERENT)
def test_takes_no_others_for_copies(run: RunSpec) -> None:
    assert identical_layers(run) == ()
    assert RULE(trace(run, Story(STUCK)), run) == ()


def test_copies_that_are_enough_for_the_task_are_left_alone() -> None:
    assert RULE(trace(started(CONSTANT), Story((2.3, 0.2))), started(CONSTANT)) == ()


LARGE = run("relu", 2, init="he")
FIRING = [
    pytest.param(LARGE, Story((500.0, 30.0)), id="and too large at the end"),
    pytest.param(LARGE, Story((500.0, 2.3)), id="and then stuck"),
    pytest.param(LARGE, Story((500.0, 2.3), factor=4.0, update=2.0), id="grown somewhat, and then stuck"),
    pytest.param(LARGE, Story((500.0, 30.0), factor=4.0), id="grown somewhat, in short steps"),
    pytest.param(run("relu", 2, optimizer="adam"), Story((500.0, 30.0)), id="Adam takes long to undo it"),
    pytest.param(run("tanh", 1), Story((500.0, 30.0), saturated=0.2), id="of the last layer alone"),
    pytest.param(run("relu", 2, init="he"), Story((500.0, 30.0), inputs=(2.0, 1.0)), id="inputs of fair size"),
]
SILENT = [
    pytest.param(LARGE, Story((500.0, 0.1)), id="and it learns all the same"),
    pytest.param(run("relu", 2, init="he", steps=300), Story((500.0, 1.4)), id="and it is on its way"),
    pytest.param(LARGE, Story((20.0, 10.0)), id="not very large"),
    pytest.param(LARGE, Story((500.0, 30.0), factor=100.0), id="grown over depth"),
    pytest.param(LARGE, Story((500.0, 30.0), factor=4.0, update=2.0), id="grown somewhat, and then diverged"),
    pytest.param(LARGE, Story((500.0, 30.0), factor=0.01), id="lost over depth"),
    pytest.param(run("tanh", 2), Story((500.0, 30.0), saturated=0.7), id="saturated"),
    pytest.param(run("exponential", 2), Story((500.0, 30.0)), id="an exponential"),
    pytest.param(LARGE, Story((500.0, 30.0), inputs=(100.0, 1.0)), id="inputs that explain it"),
    pytest.param(run("relu", 2, steps=500), Story((500.0, 490.0), seen=5), id="too early"),
    pytest.param(
        resolved(body(linear(16), RELU, LAST, activation("log_softmax"), training={"loss": "mse"})),
        Story((500.0, 30.0)),
        id="a loss that can never fall",
    ),
]


@pytest.mark.parametrize(("run", "story"), FIRING)
def test_fires(run: RunSpec, story: Story) -> None:
    [finding] = RULE(trace(run, story), run)
    assert (finding.cause, finding.first_step) == ("initialization", 0)
    assert finding.value == pytest.approx(500)
    assert finding.threshold == pytest.approx(23, rel=0.01)
    assert finding.remedies


@pytest.mark.parametrize(("run", "story"), SILENT)
def test_stays_silent(run: RunSpec, story: Story) -> None:
    assert RULE(trace(run, story), run) == ()
