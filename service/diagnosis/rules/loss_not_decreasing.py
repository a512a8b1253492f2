"""A network that had every chance and predicts no better than a constant."""

from collections.abc import Iterator
from typing import Annotated

import numpy as np

from service.diagnosis.evidence.accuracy import tells_classes
from service.diagnosis.evidence.backward import backward
from service.diagnosis.evidence.origin import divergence_origin, vanishing_origin
from service.diagnosis.evidence.outcome import curve, outcome
from service.diagnosis.evidence.slope import hidden_activations
from service.diagnosis.evidence.steps import longest_path, overlong
from service.diagnosis.finding import Cause, Finding
from service.diagnosis.prescription import (
    BATCH_NORM,
    CLIP,
    SLOWER,
    Wanted,
    adaptive,
    fitting_init,
    prescribe,
    warmup,
)
from service.diagnosis.rule import Source, rule
from service.remedies import Remedy
from service.spec.run import RunSpec
from service.trace.trace import Trace

_ARRIVES = 1e-2
"""Of the backward signal at the initial weights; what vanishing_gradient asks of a network at a plateau."""
_REASONS: dict[Cause, str] = {
    "initialization": "the initial weights made its outputs far too large, and the way back took all it had",
    "depth": "the signal grows from block to block at first, and the way back took all it had",
    "activation": "its activation function keeps the first layers from learning",
    "width": "the layers are so narrow that the signal is lost by chance",
    "learning_rate": "all was well at the initial weights, and steps this long overthrow what was learned",
    "data": "the gradient is in order and the network is able, so the inputs seem to tell nothing about the target",
    "capacity": "it is linear, and no straight line tells these targets apart",
    "unknown": "it tells classes apart better than by guessing, so the inputs are of use, and nothing recorded shows "
    "what holds it up",
}


@rule(reference="SageMaker Debugger, LossNotDecreasing; Goodfellow et al. 2016, §11.5", last_resort=True)
def loss_not_decreasing(
    trace: Trace,
    run: RunSpec,
    *,
    margin: Annotated[
        float, Source("of a constant prediction's loss: the mean of a thousand samples is known to about this")
    ] = 0.02,
    path: Annotated[
        float, Source("learning moves a layer of n units by about 1/√n of its length (Lee et al. 2019): n = 10")
    ] = 0.3,
    better: Annotated[
        float, Source("accuracy beyond the largest class; who is right more often looks at the input")
    ] = 0.05,
    errors: Annotated[float, Source("standard errors of that accuracy: 99.9 %")] = 3.0,
) -> Iterator[Finding]:
    """The run is over, the weights have moved far, and a constant prediction is as good.

    Symptom. The loss at the end is that of the class frequencies, or of the mean target, and no longer falls; no other
    rule says why. The data is not to blame where classes are told apart nevertheless.

    Why it hurts. The network does not look at its input: the same answer for every sample is as good.

    What to try. What the cause calls for; where the data is the cause, see whether a plain model on the same inputs
    does better than a constant.
    """
    result = outcome(trace, run)
    if result is None or not result.finished or result.progress >= margin:
        return
    moved = longest_path(trace)
    if moved < path or _falls(trace, margin * result.constant):
        return
    cause = _cause(trace, run)
    if cause == "data" and tells_classes(trace, run, better, errors):
        cause = "unknown"
    weights = trace.metrics["update_ratio"].layers
    yield Finding(
        rule="loss_not_decreasing",
        severity="warning",
        cause=cause,
        layers=weights,
        first_step=0,
        last_step=result.steps - 1,
        value=result.progress,
        threshold=margin,
        explanation=(
            f"Over {result.steps} steps the weights have moved by {moved:.2g} times their length, and {result.told}, "
            f"not {margin:.0%} below it. "
            f"The loss does not come down, because {_REASONS[cause]}."
        ),
        remedies=_remedies(run, cause),
    )


def _falls(trace: Trace, by: float) -> bool:
    """Whether the last fifth of the run is lower than the one before by more than `by`."""
    loss = curve(trace, "loss")
    fifth = max(1, loss.size // 5)
    before, end = loss[-2 * fifth : -fifth], loss[-fifth:]
    return bool(np.isfinite(loss).all() and before.size and before.mean() - end.mean() > by)


def _cause(trace: Trace, run: RunSpec) -> Cause:
    origin = divergence_origin(trace, run)
    if origin != "learning_rate":
        return origin
    if _linear(run):
        return "capacity"
    signal = backward(trace)
    if signal is not None and signal.at_start[0] < _ARRIVES:
        return vanishing_origin(signal, float(signal.at_start[0]), trace, run)
    return "learning_rate" if overlong(trace) else "data"


def _linear(run: RunSpec) -> bool:
    """Whether the output is an affine function of the input."""
    kinds = {placed.layer.kind for placed in run.placed()}
    functions = {layer.function for layer in hidden_activations(run).values()}
    return functions <= {"identity"} and kinds <= {"linear", "activation", "flatten", "dropout", "repeat", "residual"}


def _remedies(run: RunSpec, cause: Cause) -> tuple[Remedy, ...]:
    wanted: list[Wanted | None]
    match cause:
        case "initialization":
            wanted = [fitting_init(run), BATCH_NORM, CLIP]
        case "depth":
            wanted = [BATCH_NORM, CLIP]
        case "learning_rate":
            wanted = [SLOWER, warmup(run, 0), CLIP]
        case "capacity":
            wanted = []
        case _:
            wanted = [BATCH_NORM, adaptive(run)]
    return prescribe(run, *wanted)


RULE = loss_not_decreasing
