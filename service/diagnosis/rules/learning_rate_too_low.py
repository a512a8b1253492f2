"""Steps so short that the run ends before it has begun."""

from collections.abc import Iterator
from math import isfinite, log10
from typing import Annotated

from service.diagnosis.evidence.origin import divergence_origin
from service.diagnosis.evidence.outcome import curve, outcome
from service.diagnosis.evidence.pace import Pace, pace
from service.diagnosis.evidence.start import sound_start
from service.diagnosis.evidence.steps import finite
from service.diagnosis.finding import Finding
from service.diagnosis.prescription import adaptive, prescribe
from service.diagnosis.rule import Source, rule
from service.remedies import Remedy
from service.spec.run import RunSpec
from service.trace.trace import Trace

_USUAL = 1e-3
"""‖Δw‖ / ‖w‖ of a step that practice aims at; DeepDiagnosis, and Karpathy's rule of thumb."""
_LARGEST_FACTOR = 4
"""Powers of ten by which a rate is raised at once."""
_SHORT = "The gradient is as large at the end as at the start, so the way is open and the steps are too short."
_STILL = "The learning rate is zero, so nothing is ever changed."
_STEADY = 0.5
"""Share of the first gradient norm that the last still has where the loss falls in a straight line."""


@rule(reference="Bengio 2012 (Practical recommendations); Goodfellow et al. 2016, §11.4.1")
def learning_rate_too_low(
    trace: Trace,
    run: RunSpec,
    *,
    path: Annotated[
        float, Source("DeepDiagnosis' 1e-5 a step, over the 1000 steps of a default run: no layer has moved by more")
    ] = 1e-2,
    times: Annotated[
        float,
        Source("rates are searched by factors of ten (Bengio 2012), and half as much again for noise: two steps away"),
    ] = 15,
    frozen: Annotated[
        float, Source("eight times the 2⁻²³ that float32 tells weights apart by: a step barely changes them")
    ] = 1e-6,
    short_run: Annotated[
        float, Source("steps in which the usual 1e-3 a step moves weights by a fifth: a shorter run is only a look")
    ] = 200,
) -> Iterator[Finding]:
    """Everything is in order but the steps: so short that the run ends where it began.

    Symptom. The gradient stays as it is and the loss falls in a straight line, if it can be seen to fall, while all
    steps together come to a hundredth of the weights' length or less.

    Why it hurts. Nothing is wrong with the network, and nothing is learned; at this speed the run would have to be
    many times as long.

    What to try. Ten to a thousand times the learning rate, so that a step changes weights by about a thousandth.
    """
    result = outcome(trace, run)
    if result is None or not result.finished or result.progress >= 0.1:
        return
    speed = pace(trace, result)
    if speed is None or speed.path >= path:
        return
    still = run.training.optimizer.lr == 0
    if not still and (speed.ratio <= 0 or speed.times < times):
        return
    if not _steady(trace) or not sound_start(trace, run) or divergence_origin(trace, run) != "learning_rate":
        return
    if result.steps < short_run and speed.ratio >= frozen:
        return
    yield Finding(
        rule="learning_rate_too_low",
        severity="warning",
        cause="learning_rate",
        layers=speed.layers,
        first_step=0,
        last_step=result.steps - 1,
        value=speed.path,
        threshold=path,
        explanation=(
            f"All {result.steps} steps together move no layer by more than {speed.path:.1e} of its weights' length "
            f"(below {path:g}), and the loss goes from {speed.first:.4g} to {speed.last:.4g}{_told(speed)}. "
            f"{_STILL if still else _SHORT}"
        ),
        remedies=_remedies(run, speed),
    )


def _steady(trace: Trace) -> bool:
    norm = finite(curve(trace, "grad_norm"))
    tenth = max(1, norm.size // 10)
    return norm.size > 0 and bool(norm[-tenth:].mean() >= _STEADY * norm[:tenth].mean() > 0)


def _told(speed: Pace) -> str:
    return (
        f", at which speed learning takes {speed.times:.2g} such runs"
        if speed.ratio > 0 and isfinite(speed.times)
        else ""
    )


def _remedies(run: RunSpec, speed: Pace) -> tuple[Remedy, ...]:
    if run.training.optimizer.lr == 0:
        return prescribe(run, {"kind": "learning_rate", "lr": type(run.training.optimizer).model_fields["lr"].default})
    tens = min(_LARGEST_FACTOR, max(1, round(log10(_USUAL / max(speed.typical, 1e-30)))))
    return prescribe(run, {"kind": "learning_rate", "factor": 10.0**tens}, adaptive(run))


RULE = learning_rate_too_low
