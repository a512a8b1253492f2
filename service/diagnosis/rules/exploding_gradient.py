"""The backward signal grows over depth, through time, or over steps."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from service.diagnosis.evidence.backward import backward
from service.diagnosis.evidence.distortion import growing
from service.diagnosis.evidence.origin import divergence_origin
from service.diagnosis.evidence.outcome import Outcome, outcome
from service.diagnosis.evidence.steps import first_longer, rise
from service.diagnosis.evidence.through_time import through_time
from service.diagnosis.finding import Cause, Finding
from service.diagnosis.prescription import (
    BATCH_NORM,
    CLIP,
    ORTHOGONAL,
    RELU,
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

_REASONS: dict[Cause, str] = {
    "activation": "an exponential makes large outputs larger in every layer",
    "initialization": "the initial weights enlarge the signal in every layer",
    "depth": "a modest growth per layer adds up over this depth",
    "data": "the inputs are not scaled, and weight gradients are as large as the inputs",
    "learning_rate": "the gradient was moderate at the initial weights, so the steps are too long",
}
_THROUGH_TIME: dict[Cause, str] = {
    "initialization": "the initial recurrent weights enlarge the signal at every time step",
    "depth": "a modest growth per time step multiplies over the sequence",
    "learning_rate": _REASONS["learning_rate"],
}


@dataclass(frozen=True, slots=True)
class _Evidence:
    what: str
    value: float
    threshold: float
    step: int
    layers: tuple[str, ...]
    through_time: Cause | None = None
    """Why the signal grows through time, if that is where it does."""


@rule(reference="Bengio et al. 1994; Pascanu, Mikolov & Bengio 2013; Yang et al. 2019")
def exploding_gradient(
    trace: Trace,
    run: RunSpec,
    *,
    growth: Annotated[
        float, Source("the inverse of what vanishing_gradient calls lost; AutoTrainer's 70 flags residual networks")
    ] = 1e3,
    rise_factor: Annotated[float, Source("torchmortem: exploding norm > 1000; here relative to the first steps")] = 1e3,
    update_ratio: Annotated[
        float, Source("a step longer than the weights themselves; DeepDiagnosis 0.1, SageMaker Debugger 10")
    ] = 1.0,
    learned: Annotated[
        float,
        Source("half of a constant prediction's loss, less in runs under 300 steps; vanished networks stay at 0.00"),
    ] = 0.5,
) -> Iterator[Finding]:
    """The gradient grows from layer to layer, through time or from step to step, and throws the weights away.

    Symptom. The norm of ∂loss/∂(pre-activation) grows by a constant factor toward the input, that of ∂loss/∂hₜ toward
    the first time step, or the gradient norm or the loss jumps by orders of magnitude within a few steps; often NaN
    follows.

    Why it hurts. One step along such a gradient is longer than the weights themselves, and what was learned is gone.

    What to try. The init made for the activation function, or orthogonal recurrent weights, where the growth is there
    from the first step; a smaller learning rate, or one that warms up, where it is not. Clipping the gradient norm
    bounds the step in both cases.
    """
    result = outcome(trace, run)
    if result is None or (result.too_early and not result.diverged) or result.learned(learned):
        return
    evidence = _of_sequences(trace, run, growth) or _evidence(trace, result, growth, rise_factor, update_ratio)
    if evidence is None:
        return
    cause = evidence.through_time or divergence_origin(trace, run)
    reasons = _THROUGH_TIME if evidence.through_time else _REASONS
    yield Finding(
        rule="exploding_gradient",
        severity="critical" if result.diverged else "warning",
        cause=cause,
        layers=evidence.layers,
        first_step=evidence.step,
        last_step=int(trace.curves["loss"].steps[-1]),
        value=evidence.value,
        threshold=evidence.threshold,
        explanation=(
            f"From step {evidence.step} on {evidence.what}, and {result.told}. "
            f"The gradient explodes because {reasons[cause]}."
        ),
        remedies=_remedies(run, cause, evidence),
    )


def _of_sequences(trace: Trace, run: RunSpec, limit: float) -> _Evidence | None:
    grown = growing(through_time(trace, run), limit)
    if grown is None:
        return None
    cause: Cause = "learning_rate"
    if grown.at_start > limit:
        cause = "depth" if grown.gradual else "initialization"
    at = grown.worst
    what = (
        f"the backward signal at time step {at.times[grown.column]} of {at.layer} is through time {grown.value:.1e} "
        f"times that at time step {at.times[-1]} ({grown.told(f'over {limit:g}')})"
    )
    return _Evidence(what, grown.value, limit, int(grown.steps[0]), grown.layers, through_time=cause)


def _evidence(
    trace: Trace, result: Outcome, growth: float, rise_factor: float, update_ratio: float
) -> _Evidence | None:
    signal = backward(trace)
    weights = signal.layers if signal else trace.metrics["grad_norm"].layers if "grad_norm" in trace.metrics else ()
    if signal is not None and (largest := float(signal.at_start[0])) > growth:
        beyond = tuple(name for name, share in zip(signal.layers, signal.at_start, strict=True) if share > growth)
        what = (
            f"the backward signal at {signal.layers[0]} is {largest:.1e} times that at {signal.layers[-1]} "
            f"(a factor of {signal.per_layer(largest):.2f} per layer; over {growth:g} in {len(beyond)} of "
            f"{len(weights)} layers)"
        )
        return _Evidence(what, largest, growth, int(signal.steps[0]), beyond)
    longer = first_longer(trace, update_ratio)
    if longer is not None and result.diverged:
        what = (
            f"a step is {longer.ratio:.1e} times as long as the weights it changes (more than {update_ratio:g} in "
            f"{_named(longer.layers)})"
        )
        return _Evidence(what, longer.ratio, update_ratio, longer.step, longer.layers)
    rising = rise(trace, rise_factor)
    if rising is not None:
        what = (
            f"the gradient norm, {rising.start:.2g} at first, is more than {rise_factor:g} times that (up to "
            f"{rising.peak:.1e}) in {_named(weights)}"
        )
        return _Evidence(what, rising.peak / rising.start, rise_factor, rising.step, weights)
    return None


def _named(layers: tuple[str, ...]) -> str:
    return ", ".join(layers) if len(layers) <= 3 else f"{layers[0]} and {len(layers) - 1} more layers"


def _remedies(run: RunSpec, cause: Cause, evidence: _Evidence) -> tuple[Remedy, ...]:
    wanted: list[Wanted | None]
    match cause:
        case "initialization" | "depth" if evidence.through_time:
            wanted = [ORTHOGONAL, CLIP, SLOWER]
        case "activation":
            wanted = [{**RELU, "scope": "all"}, fitting_init(run), CLIP, BATCH_NORM]
        case "initialization":
            wanted = [fitting_init(run), CLIP, adaptive(run), BATCH_NORM]
        case "depth":
            wanted = [BATCH_NORM, CLIP, SLOWER]
        case "data":
            wanted = [BATCH_NORM, SLOWER, CLIP]
        case _:
            wanted = [SLOWER, CLIP, BATCH_NORM, warmup(run, evidence.step)]
    return prescribe(run, *wanted)


RULE = exploding_gradient
