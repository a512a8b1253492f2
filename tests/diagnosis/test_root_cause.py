"""The verdict names the cause, and each symptom the finding it follows from."""

import pytest

from service.diagnosis import conclude, diagnose, verdict
from service.diagnosis.finding import Cause, Finding, Severity
from service.diagnosis.root_cause import by_root_cause
from service.spec.run import RunSpec
from tests.diagnosis.traces import Story, run, trace

STUCK = (2.3, 2.3)


def finding(rule: str, cause: Cause, first_step: int, severity: Severity = "critical", value: float = 1.0) -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        cause=cause,
        layers=(),
        first_step=first_step,
        last_step=99,
        value=value,
        threshold=None,
        explanation="",
    )


VANISHING = finding("vanishing_gradient", "initialization", 0)
EXPLODING = finding("exploding_gradient", "learning_rate", 3)
LATER = [
    finding("exploding_gradient", "learning_rate", 3),
    finding("vanishing_gradient", "unknown", 4),
    finding("dead_units", "died_in_training", 5),
    finding("non_finite", "learning_rate", 6),
    finding("saturated_activations", "learning_rate", 7),
    finding("oscillating_loss", "learning_rate", 50),
]
AT_FIRST: list[tuple[str, Cause]] = [
    ("exploding_gradient", "learning_rate"),
    ("non_finite", "data"),
    ("dead_units", "born_dead"),
    ("saturated_activations", "data"),
    ("vanishing_gradient", "initialization"),
    ("learning_rate_too_high", "learning_rate"),
    ("learning_rate_too_low", "learning_rate"),
    ("oscillating_loss", "learning_rate"),
]
RANKINGS = [
    pytest.param([], [], id="nothing"),
    pytest.param([VANISHING], [("vanishing_gradient", None)], id="one"),
    pytest.param(
        [finding("non_finite", "learning_rate", 5), EXPLODING],
        [("exploding_gradient", None), ("non_finite", "exploding_gradient")],
        id="NaN after an explosion",
    ),
    pytest.param(
        [EXPLODING, finding("non_finite", "unknown", 1)],
        [("non_finite", None), ("exploding_gradient", None)],
        id="NaN before anything grew",
    ),
    pytest.param(
        [finding("dead_units", "died_in_training", 4), EXPLODING],
        [("exploding_gradient", None), ("dead_units", "exploding_gradient")],
        id="an explosion kills units",
    ),
    pytest.param(
        [VANISHING, finding("dead_units", "born_dead", 0)],
        [("dead_units", None), ("vanishing_gradient", "dead_units")],
        id="a dead layer stops the signal",
    ),
    pytest.param(
        [finding("dead_units", "born_dead", 0, value=0.8), VANISHING],
        [("vanishing_gradient", None), ("dead_units", "vanishing_gradient")],
        id="a layer with living units does not",
    ),
    pytest.param(
        [finding("dead_units", "died_in_training", 40), VANISHING],
        [("vanishing_gradient", None), ("dead_units", "vanishing_gradient")],
        id="units that die where no signal arrives",
    ),
    pytest.param(
        [VANISHING, finding("saturated_activations", "initialization", 0)],
        [("saturated_activations", None), ("vanishing_gradient", "saturated_activations")],
        id="saturation stops the signal",
    ),
    pytest.param(
        [finding("exploding_gradient", "initialization", 0), finding("saturated_activations", "initialization", 0)],
        [("saturated_activations", None), ("exploding_gradient", "saturated_activations")],
        id="one init, saturated from the start and chaotic",
    ),
    pytest.param(
        [finding("saturated_activations", "learning_rate", 9), EXPLODING],
        [("exploding_gradient", None), ("saturated_activations", "exploding_gradient")],
        id="long steps drive units to their ends",
    ),
    pytest.param(
        [finding("dead_units", "died_in_training", 0), finding("vanishing_gradient", "width", 0)],
        [("vanishing_gradient", None), ("dead_units", "vanishing_gradient")],
        id="units that die later do not explain what was so from the start",
    ),
    pytest.param(
        [*LATER, finding("learning_rate_too_high", "learning_rate", 5, "warning")],
        [("learning_rate_too_high", None), *((found.rule, "learning_rate_too_high") for found in LATER)],
        id="steps too long bring about all that was not there at first",
    ),
    pytest.param(
        [finding("dead_units", "born_dead", 0), finding("learning_rate_too_high", "learning_rate", 1)],
        [("dead_units", None), ("learning_rate_too_high", None)],
        id="but nobody is born dead of them",
    ),
    *(
        pytest.param(
            [finding(symptom, cause, 0), finding(root, "data", 0, "warning")],
            [(root, None), (symptom, root)],
            id=f"{root} brings about {symptom}",
        )
        for root in ("input_scale", "poor_initialization")
        for symptom, cause in AT_FIRST
    ),
    pytest.param(
        [finding("non_finite", "learning_rate", 1), finding("output_mismatch", "loss", 0, "warning")],
        [("output_mismatch", None), ("non_finite", "output_mismatch")],
        id="the logarithm of no probability",
    ),
    pytest.param(
        [finding("dead_units", "born_dead", 0), finding("output_mismatch", "output_layer", 0, "warning")],
        [("dead_units", None), ("output_mismatch", None)],
        id="an output layer kills no hidden unit",
    ),
    pytest.param(
        [finding("oscillating_loss", "learning_rate", 50, "warning"), finding("saturated_activations", "unknown", 9)],
        [("saturated_activations", None), ("oscillating_loss", "saturated_activations")],
        id="a loss that swings behind saturated layers",
    ),
    pytest.param(
        [
            finding("overfitting", "capacity", 50, "warning"),
            finding("oscillating_loss", "learning_rate", 60, "warning"),
        ],
        [("overfitting", None), ("oscillating_loss", None)],
        id="two troubles of their own, the earlier one first",
    ),
    pytest.param(
        [finding("dead_units", "died_in_training", 1, "warning"), finding("saturated_activations", "unknown", 50)],
        [("saturated_activations", None), ("dead_units", None)],
        id="unrelated: the more severe one first",
    ),
]


@pytest.mark.parametrize(("findings", "ranked"), RANKINGS)
def test_ranks(findings: list[Finding], ranked: list[tuple[str, str | None]]) -> None:
    assert [(found.rule, found.follows_from) for found in by_root_cause(findings)] == ranked
    assert [(found.rule, found.follows_from) for found in by_root_cause(findings[::-1])] == ranked


def test_a_remark_makes_nobody_ill() -> None:
    remark = finding("dead_units", "born_dead", 0, "info")
    assert verdict([remark]) == "healthy"
    assert conclude([remark]).status == "healthy"
    assert verdict([remark, VANISHING]) == "vanishing_gradient"


VERDICTS = [
    pytest.param(run(), Story(), "healthy", id="healthy"),
    pytest.param(run("sigmoid", 20), Story(STUCK, factor=0.24), "vanishing_gradient", id="vanishing"),
    pytest.param(
        run("relu", 25, width=5),
        Story(STUCK, factor=0.0, dead=1.0, gain=2.0),
        "dead_units",
        id="born dead, so vanished",
    ),
    pytest.param(
        run("relu", 20),
        Story((1e6, 1e6), factor=2.1, gradient=1e7, update=1e5, broken=("activation_std", 1, "15 activation")),
        "exploding_gradient",
        id="exploded, so NaN",
    ),
    pytest.param(
        run("exponential", 3), Story(broken=("activation_std", 0, "05 activation")), "non_finite", id="NaN at once"
    ),
    pytest.param(
        run("tanh", 10),
        Story((20.0, 11.0), factor=3.0, saturated=0.9),
        "saturated_activations",
        id="saturated and chaotic",
    ),
    pytest.param(
        run("relu"),
        Story((2.3, 2.3), update=(2.0, 1e-9), dead=(0.02, 3.0)),
        "learning_rate_too_high",
        id="long steps, so died",
    ),
    pytest.param(
        run("relu"),
        Story((2.3, 2.3), update=0.005, dead=(0.02, 3.0)),
        "dead_units",
        id="died without long steps",
    ),
    pytest.param(
        run("relu", 3, steps=300),
        Story((2.5, 2.49), update=1e-6, dead=1.0),
        "dead_units",
        id="dead, so no step moves it",
    ),
]


@pytest.mark.parametrize(("run", "story", "expected"), VERDICTS)
def test_verdict(run: RunSpec, story: Story, expected: str) -> None:
    diagnosis = conclude(diagnose(trace(run, story), run))
    assert diagnosis.verdict == expected
    assert diagnosis.status == ("healthy" if expected == "healthy" else "issues_found")


def test_survives_json() -> None:
    sick = run("sigmoid", 20)
    diagnosis = conclude(diagnose(trace(sick, Story(STUCK, factor=0.24)), sick))
    assert type(diagnosis).model_validate_json(diagnosis.model_dump_json()) == diagnosis
