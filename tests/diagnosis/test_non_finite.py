"""non_finite: the first NaN or infinity, where and in which pass."""

import pytest

from service.diagnosis.rules.non_finite import RULE
from service.spec.run import RunSpec
from tests.diagnosis.traces import Story, run, trace

FIRING = [
    pytest.param(
        run(), Story(broken=("activation_std", 7, "05 activation")), 7, "forward", "05 activation", id="forward"
    ),
    pytest.param(run(), Story(broken=("delta_norm", 7, "04 linear")), 7, "backward", "04 linear", id="backward"),
    pytest.param(
        run(), Story(broken=("grad_norm", 0, "08 linear")), 0, "backward", "08 linear", id="at the first step"
    ),
    pytest.param(
        run(), Story(broken=("weight_norm", 9, "02 linear")), 9, "backward", "02 linear", id="the update broke it"
    ),
    pytest.param(run(), Story(broken=("loss", 50, "")), 50, "forward", "12 linear", id="only the loss"),
    pytest.param(
        run(steps=400), Story(broken=("loss", 50, ""), seen=60), 50, "forward", "12 linear", id="while it trains"
    ),
    pytest.param(
        run("relu", 0), Story(broken=("grad_norm", 3, "00 linear")), 3, "backward", "00 linear", id="one layer"
    ),
    pytest.param(
        run(steps=200),
        Story(broken=("delta_norm", 40, "00 linear"), thinned=10),
        40,
        "backward",
        "00 linear",
        id="thinned",
    ),
]
SILENT = [
    pytest.param(run(), Story(), id="all finite"),
    pytest.param(run(), Story((2.3, 1e30), gradient=1e30), id="huge is finite"),
    pytest.param(run(), Story((2.3, 2.3), factor=0.0), id="zero is finite"),
    pytest.param(run(), Story(without=("loss", "grad_norm", "delta_norm")), id="little recorded"),
    pytest.param(run("relu"), Story(dead=1.0), id="dead units"),
    pytest.param(run(), Story(saturated=1.0), id="saturated units"),
    pytest.param(run("relu", 0), Story(), id="one layer"),
    pytest.param(run(steps=400), Story(seen=1), id="one step"),
]


@pytest.mark.parametrize(("run", "story", "step", "direction", "layer"), FIRING)
def test_fires(run: RunSpec, story: Story, step: int, direction: str, layer: str) -> None:
    [finding] = RULE(trace(run, story), run)
    assert (finding.first_step, finding.direction, finding.layers) == (step, direction, (layer,))
    assert (
        f"At step {step} the first value that is no finite number appears in {layer} in the {direction} pass"
        in finding.explanation
    )
    assert finding.severity == "critical"
    assert finding.remedies


@pytest.mark.parametrize(("run", "story"), SILENT)
def test_stays_silent(run: RunSpec, story: Story) -> None:
    assert RULE(trace(run, story), run) == ()


def test_blames_the_weights_where_the_signal_grew_over_depth_before() -> None:
    sick = run("relu", 20)
    [finding] = RULE(trace(sick, Story((1e9, 1e9), factor=3.0, broken=("loss", 1, ""))), sick)
    assert finding.cause == "initialization"


def test_blames_the_function_where_no_loss_was_ever_finite() -> None:
    sick = run("exponential", 4)
    [finding] = RULE(trace(sick, Story(broken=("loss", 0, ""))), sick)
    assert finding.cause == "activation"
    assert "no loss was ever finite" in finding.explanation


def test_an_update_of_zero_weights_is_no_accident() -> None:
    healthy = run()
    story = trace(healthy, Story())
    story.metrics["update_ratio"].values[0] = float("inf")
    assert RULE(story, healthy) == ()
