"""input_scale: inputs far from unit scale that training suffers from; silent where it does not, or other things do."""

import pytest

from service.diagnosis.evidence.inputs import fine_at_unit_scale, inputs, scale_free
from service.diagnosis.rules.input_scale import RULE
from service.spec.run import RunSpec
from tests.diagnosis.traces import Story, run, trace
from tests.experiments import activation, body, deep, linear, resolved

STUCK = (2.3, 2.3)
RELU, TANH = run("relu", 2, init="he", normalize="none"), run("tanh", 2, normalize="none")
RAW = (230.0, 1.0)
DIGITS = (7.7, 1.5)
NORMED = resolved(body(linear(16), {"kind": "batch_norm"}, activation("relu"), linear(10), data={"normalize": "none"}))
FIRING = [
    pytest.param(RELU, Story(STUCK, inputs=RAW, update=3.0), "3 times as long as the weights", id="long first steps"),
    pytest.param(RELU, Story((6.0, 2.3), inputs=DIGITS, update=0.5), "0.5 times as long", id="raw digits"),
    pytest.param(RELU, Story((500.0, 5.0), inputs=RAW), "the loss starts at 500", id="a loss that starts far off"),
    pytest.param(TANH, Story(STUCK, inputs=RAW, saturated=0.97), "97% of the outputs", id="saturated first layer"),
    pytest.param(TANH, Story(STUCK, inputs=DIGITS, saturated=0.6, update=0.02), "60% of the", id="mostly saturated"),
    pytest.param(
        run("tanh", 2, steps=300, normalize="none"),
        Story((2.3, 1.0), inputs=RAW, saturated=0.95, update=0.5),
        "0.5 times",
        id="half learned",
    ),
    pytest.param(RELU, Story(STUCK, inputs=RAW), "come to a standstill", id="stuck"),
    pytest.param(RELU, Story(STUCK, inputs=(0.01, 1.0)), "under 0.05", id="too small to be seen"),
    pytest.param(RELU, Story(STUCK, inputs=(1.0, 500.0)), "500 times as wide", id="features of different scale"),
    pytest.param(RELU, Story(inputs=RAW, update=3.0, broken=("loss", 9, "")), "3 times as long", id="diverged"),
]
SILENT = [
    pytest.param(RELU, Story(STUCK, update=0.5), id="inputs of unit scale"),
    pytest.param(RELU, Story(inputs=RAW, update=0.5), id="it learns"),
    pytest.param(RELU, Story(inputs=DIGITS), id="raw digits learn"),
    pytest.param(RELU, Story((6.0, 2.0), inputs=DIGITS, update=0.002), id="slowly, but they do"),
    pytest.param(TANH, Story(STUCK, inputs=DIGITS, saturated=0.6, update=0.001), id="hardly moved yet"),
    pytest.param(RELU, Story(STUCK, inputs=DIGITS, update=200.0), id="steps too long at any scale"),
    pytest.param(NORMED, Story(STUCK, inputs=RAW, update=0.5), id="behind a norm"),
    pytest.param(
        run("tanh", 2, init="normal", normalize="none"), Story(STUCK, inputs=DIGITS, saturated=0.97), id="huge weights"
    ),
    pytest.param(run("sigmoid", 12, normalize="none"), Story(STUCK, inputs=RAW, update=0.5), id="ill at any scale"),
    pytest.param(RELU, Story(STUCK, inputs=RAW, update=0.5, without=("input_second_moment",)), id="not recorded"),
    pytest.param(
        run("relu", 2, steps=500, normalize="none"), Story(STUCK, inputs=RAW, update=0.5, seen=5), id="too early"
    ),
]


@pytest.mark.parametrize(("run", "story", "harm"), FIRING)
def test_fires(run: RunSpec, story: Story, harm: str) -> None:
    [finding] = RULE(trace(run, story), run)
    assert (finding.cause, finding.first_step, finding.layers) == ("data", 0, ("00 linear",))
    assert harm in finding.explanation
    assert 'data.normalize to "standard"' in finding.explanation
    assert finding.value in (pytest.approx(story.inputs[0]), pytest.approx(story.inputs[1]))
    assert finding.remedies[0].kind == "batch_norm"


@pytest.mark.parametrize(("run", "story"), SILENT)
def test_stays_silent(run: RunSpec, story: Story) -> None:
    assert RULE(trace(run, story), run) == ()


def test_reads_what_the_worker_tells() -> None:
    told = inputs(trace(RELU, Story(inputs=(7.75, 1.5))))
    assert told is not None
    assert told.size == pytest.approx(7.75)
    assert told.spread == pytest.approx(1.5)
    assert inputs(trace(RELU, Story(inputs=(float("inf"), 1.5)))) is None


def test_a_norm_before_or_behind_the_first_layer_hides_the_scale() -> None:
    assert scale_free(NORMED)
    assert scale_free(resolved(body({"kind": "layer_norm"}, linear(10))))
    assert not scale_free(resolved(body(linear(16), activation("relu"), {"kind": "batch_norm"}, linear(10))))
    assert not scale_free(resolved(body(linear(10))))


@pytest.mark.parametrize(
    ("run", "fine"),
    [
        (resolved(deep("relu", init={"scheme": "he"})), True),
        (resolved(deep("tanh", init={"scheme": "xavier"})), True),
        (resolved(deep("sigmoid", init={"scheme": "xavier"})), False),
        (resolved(deep("tanh", depth=1, init={"scheme": "normal"})), False),
    ],
)
def test_theory_tells_whether_weights_are_in_order(run: RunSpec, fine: bool) -> None:
    assert fine_at_unit_scale(run, 4.4, 1e-3) is fine
