"""dead_units: born dead or died in training; silent where enough live on, or where a batch is too small to tell."""

import pytest

from service.diagnosis.rules.dead_units import RULE
from service.spec.run import RunSpec
from tests.diagnosis.traces import Story, run, trace

STUCK = (2.3, 2.3)
FIRING = [
    pytest.param(run("relu", 25, width=5), Story(STUCK, dead=1.0), "born_dead", id="born dead"),
    pytest.param(run("relu"), Story(STUCK, dead=0.8), "born_dead", id="mostly dead from the first step"),
    pytest.param(run("relu"), Story(STUCK, dead=(0.05, 3.0)), "died_in_training", id="died in training"),
    pytest.param(run("relu"), Story(STUCK, dead=(0.3, 0.95)), "died_in_training", id="most of them died"),
    pytest.param(run("relu", batch_size=4), Story(STUCK, dead=1.0), "born_dead", id="small batches, always all"),
    pytest.param(run("relu", 25, width=4), Story(STUCK, dead=(0.75, 3.0)), "width", id="narrow: few were left to die"),
    pytest.param(run("relu", 25), Story(STUCK, dead=(0.75, 3.0)), "died_in_training", id="wide: steps did it"),
    pytest.param(
        run("relu", 25, width=4), Story(STUCK, dead=(0.1, 3.0)), "died_in_training", id="narrow, but alive at first"
    ),
    pytest.param(run("relu", steps=12), Story(STUCK, dead=1.0), "born_dead", id="twelve steps"),
    pytest.param(run("relu", steps=2000), Story(STUCK, dead=1.0, thinned=50), "born_dead", id="thinned"),
    pytest.param(run("relu"), Story(STUCK, dead=1.0, factor=0.0), "born_dead", id="cuts the signal"),
]
SILENT = [
    pytest.param(run("relu"), Story(dead=0.05), id="a few dead units"),
    pytest.param(run("relu"), Story(STUCK, dead=0.5), id="deep ReLU layers see one direction: half of the units"),
    pytest.param(run("relu", batch_size=1), Story(STUCK, dead=0.8), id="one sample a batch leaves most units silent"),
    pytest.param(run("relu"), Story(dead=0.9), id="sparse, but it learns"),
    pytest.param(run("tanh"), Story(STUCK, dead=1.0), id="no half-line to be dead on"),
    pytest.param(run("leaky_relu"), Story(STUCK, dead=1.0), id="leaky: zero gradients have another cause"),
    pytest.param(run("relu"), Story(STUCK, dead=1.0, gain=0.0), id="weights of zero: the init's fault"),
    pytest.param(run("relu", steps=500), Story(STUCK, dead=1.0, seen=5), id="too early to say"),
    pytest.param(run("relu", 0), Story(STUCK), id="no activation"),
    pytest.param(run("relu"), Story(STUCK, dead=1.0, without=("dead_fraction",)), id="not recorded"),
]


@pytest.mark.parametrize(("run", "story", "cause"), FIRING)
def test_fires(run: RunSpec, story: Story, cause: str) -> None:
    [finding] = RULE(trace(run, story), run)
    assert finding.cause == cause
    assert finding.value is not None
    assert finding.threshold is not None
    assert finding.value >= finding.threshold
    assert finding.layers[0] == "01 activation"
    assert finding.first_step == 0 or cause != "born_dead"
    assert finding.remedies


@pytest.mark.parametrize(("run", "story"), SILENT)
def test_stays_silent(run: RunSpec, story: Story) -> None:
    assert RULE(trace(run, story), run) == ()
