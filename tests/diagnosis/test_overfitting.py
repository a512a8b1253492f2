"""overfitting: learned by heart, and worse for it; silent where the rise is chance or does no harm."""

from math import sqrt

import pytest

from service.diagnosis.evidence.generalization import generalization
from service.diagnosis.rules.overfitting import RULE
from service.spec.run import RunSpec
from tests.diagnosis.traces import Story, run, trace
from tests.experiments import body, linear, resolved

CLASSES = run("relu", 2)
VALUES = resolved(
    body(linear(16), linear(1), source={"kind": "diabetes"}, training={"loss": "mse", "steps": 100})
)  # 88 validation samples: a standard error of 15 %
LEARNED = (2.3, 0.001)


def rising(end: float, lowest: float = 0.5) -> tuple[float, ...]:
    """Twenty validations: down to `lowest` within five, then up to `end` within ten, where it stays."""
    down = [lowest * (2 - step / 4) for step in range(5)]
    return (*down, *(lowest + (end - lowest) * step / 10 for step in range(1, 11)), *[end] * 5)


FEW = resolved(body(linear(16), linear(4), source={"kind": "blobs", "centers": 4, "n_samples": 40}))
FIRING = [
    pytest.param(CLASSES, Story(LEARNED, validation=rising(4.0), accuracies=(1.0, 0.6)), id="worse than a constant"),
    pytest.param(
        CLASSES, Story(LEARNED, validation=rising(3.0, 2.5), accuracies=(1.0, 0.15)), id="never any good, and worse"
    ),
    pytest.param(VALUES, Story((1.0, 0.001), validation=rising(0.8)), id="values"),
    pytest.param(VALUES, Story((1.0, 0.001), validation=rising(0.8, 0.7)), id="values by heart, and in vain"),
]
SILENT = [
    pytest.param(CLASSES, Story(LEARNED, validation=rising(0.1, 0.1), accuracies=(1.0, 0.97)), id="flat"),
    pytest.param(
        CLASSES, Story(LEARNED, validation=rising(1.0, 0.2), accuracies=(1.0, 0.96)), id="certain of a few wrong labels"
    ),
    pytest.param(
        CLASSES, Story(LEARNED, validation=rising(4.0), accuracies=(1.0, 0.93)), id="certain, and right but for a few"
    ),
    pytest.param(CLASSES, Story(LEARNED, validation=rising(1.5), accuracies=(1.0, 0.6)), id="better than a constant"),
    pytest.param(CLASSES, Story((2.3, 2.2), validation=rising(4.0), accuracies=(0.3, 0.1)), id="has not learned"),
    pytest.param(CLASSES, Story(LEARNED, validation=(0.5, 4.0, 4.0), accuracies=(1.0, 0.6)), id="few validations"),
    pytest.param(FEW, Story((1.4, 0.001), validation=rising(4.0), accuracies=(1.0, 0.5)), id="eight samples held back"),
    pytest.param(CLASSES, Story(LEARNED), id="never validated"),
    pytest.param(VALUES, Story((1.0, 0.001), validation=rising(0.6)), id="within two standard errors"),
    pytest.param(VALUES, Story((1.0, 0.3), validation=rising(0.8, 0.7)), id="not by heart, and so within chance"),
    pytest.param(VALUES, Story((1.0, 0.001), validation=rising(0.72, 0.65)), id="by heart, and of use to others"),
    pytest.param(VALUES, Story((1.0, 0.001), validation=rising(0.8, 0.78)), id="by heart, and never better"),
    pytest.param(VALUES, Story((1.0, 0.3), validation=rising(0.55, 0.4)), id="training is no better"),
    pytest.param(VALUES, Story((0.2, 0.19), validation=rising(0.8)), id="training has not gone on"),
    pytest.param(
        VALUES, Story((1.0, 0.001), validation=(*rising(0.8)[:-1], 0.52)), id="a bad patch that comes to an end"
    ),
    pytest.param(
        VALUES, Story((1.0, 0.001), validation=(*rising(0.8)[:-1], float("inf"))), id="a validation that overflows"
    ),
    pytest.param(CLASSES, Story(LEARNED, validation=rising(4.0), accuracies=(1.0, 0.6), seen=8), id="too early"),
]


@pytest.mark.parametrize(("run", "story"), FIRING)
def test_fires(run: RunSpec, story: Story) -> None:
    [finding] = RULE(trace(run, story), run)
    assert (finding.cause, finding.severity) == ("capacity", "warning")
    assert 20 <= finding.first_step <= 25, "where validation was best"
    assert finding.last_step == 99
    assert finding.value is not None
    assert finding.threshold is not None
    assert finding.value > finding.threshold
    assert [remedy.kind for remedy in finding.remedies] == ["l2", "max_norm"]


@pytest.mark.parametrize(("run", "story"), SILENT)
def test_stays_silent(run: RunSpec, story: Story) -> None:
    assert RULE(trace(run, story), run) == ()


def test_the_margin_grows_as_samples_get_fewer() -> None:
    found = generalization(trace(VALUES, Story((1.0, 0.001), validation=rising(0.8))), VALUES)
    assert found is not None
    assert found.samples == 88
    assert found.noise == pytest.approx(sqrt(2 / 88))
    assert found.rise == pytest.approx(0.6)
