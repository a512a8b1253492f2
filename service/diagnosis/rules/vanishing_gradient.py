"""The backward signal is lost over depth, or through time."""

from collections.abc import Iterator
from typing import Annotated

from service.diagnosis.evidence.backward import Backward, backward
from service.diagnosis.evidence.distortion import Distortion, fading
from service.diagnosis.evidence.origin import vanishing_origin
from service.diagnosis.evidence.outcome import Outcome, outcome
from service.diagnosis.evidence.steps import overlong, path
from service.diagnosis.evidence.through_time import ThroughTime, through_time
from service.diagnosis.finding import Cause, Finding, Severity
from service.diagnosis.prescription import (
    BATCH_NORM,
    CLIP,
    HE,
    LEAKY_RELU,
    ORTHOGONAL,
    RELU,
    RESIDUAL,
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

_MOSTLY_LOST = 1e-3
"""Share of what arrived at the initial weights; so little is left only of a signal that was lost in training."""
_DEEP = 20
"""Weight layers in a row that small changes of each add up over."""
_REASONS: dict[Cause, str] = {
    "activation": "its activation function passes on only a part of the gradient, whatever the initialization",
    "initialization": "the initial weights shrink the signal in every layer",
    "depth": "small losses per layer add up over this many layers",
    "width": "the layers are so narrow that the signal is lost by chance, although the weights have the right size",
    "learning_rate": "it was there at the initial weights, and steps too long for these weights have lost it",
    "unknown": "it was there at the initial weights and was lost in training",
}
_THROUGH_TIME: dict[Cause, str] = {
    "initialization": "the initial recurrent weights shrink it at every time step",
    "depth": "no time step passes on all of it, and the losses multiply over the sequence",
    "learning_rate": _REASONS["learning_rate"],
}


@rule(reference="Hochreiter 1991; Bengio et al. 1994; Glorot & Bengio 2010")
def vanishing_gradient(
    trace: Trace,
    run: RunSpec,
    *,
    ratio: Annotated[float, Source("AutoTrainer (ICSE 2021), β₁, there for weight gradients")] = 1e-3,
    plateau_ratio: Annotated[float, Source("torchmortem: last over first ≥ 100")] = 1e-2,
    plateau_path: Annotated[
        float, Source("the last layer's steps add up to its own length: it had every chance, and the loss stayed")
    ] = 1.0,
    short_run: Annotated[float, Source("steps; the loss of fewer says nothing of what would come")] = 50,
    short_ratio: Annotated[
        float, Source("float32 has 7 digits: a signal this small is lost beside its own rounding")
    ] = 1e-5,
    time_ratio: Annotated[
        float,
        Source(
            "about 2⁻²³: weights are shared over time, so their gradient is a sum over time steps, and float32 loses a "
            "term this much smaller than the largest"
        ),
    ] = 1e-7,
    stuck: Annotated[
        float,
        Source("of a constant prediction's loss; a recurrent network below it has learned from what came lately"),
    ] = 0.9,
    learned: Annotated[
        float,
        Source("half of a constant prediction's loss, less in runs under 300 steps; vanished networks stay at 0.00"),
    ] = 0.5,
) -> Iterator[Finding]:
    """The first layers receive almost nothing of the backward signal, and the network does not learn.

    Symptom. The norm of ∂loss/∂(pre-activation) falls by a constant factor from layer to layer toward the input, and
    the loss stays where a constant prediction would be. In recurrent layers the norm of ∂loss/∂hₜ falls in the same
    way from time step to time step toward the first one.

    Why it hurts. The first layers keep their random weights, so the layers behind them read noise; a recurrent layer
    learns nothing of what came long ago. Weight gradients
    can hide it: without biases a ReLU network has the same ⟨W, ∂L/∂W⟩ in every layer, and adaptive optimizers make
    healthy steps out of any gradient.

    What to try. An activation of slope 1 together with the init made for it and an adaptive optimizer; batch
    normalization or skip connections where the network is very deep. Through time: an lstm or gru, whose gates are
    made to pass the signal on, or orthogonal recurrent weights.
    """
    result = outcome(trace, run)
    if result is None or result.too_early or result.learned(learned):
        return
    severity: Severity = "critical" if result.progress < learned / 5 else "warning"
    if faded := fading(_judged(trace, run, result, stuck, plateau_path), time_ratio):
        yield _of_sequences(faded, time_ratio, trace, run, result, severity)
        return
    signal = backward(trace)
    if signal is None:
        return
    shares = min(signal.lately, signal.mostly, key=lambda layers: float(layers[0]))
    arrives = float(shares[0])
    limit = plateau_ratio if _at_plateau(trace, result, plateau_path) else ratio
    if result.steps < short_run:
        limit = short_ratio
    if arrives >= limit:
        return
    lost = signal.steps[signal.ratio[:, 0] < limit]
    at_start = float(signal.at_start[0])
    lost_later = at_start >= 10 * limit or (at_start >= limit and arrives < _MOSTLY_LOST * at_start)
    cause = _cause(lost_later, signal, trace, run)
    layers = tuple(name for name, share in zip(signal.layers, shares, strict=True) if share < limit)
    yield Finding(
        rule="vanishing_gradient",
        severity=severity,
        cause=cause,
        layers=layers,
        first_step=int(lost[0]),
        last_step=int(lost[-1]),
        value=arrives,
        threshold=limit,
        explanation=_explanation(signal, arrives, limit, layers, int(lost[0]), result, cause),
        remedies=_remedies(run, cause, int(lost[0])),
    )


def _judged(trace: Trace, run: RunSpec, result: Outcome, stuck: float, distance: float) -> list[ThroughTime]:
    if result.end <= stuck * result.constant:
        return []
    # Gates are half closed at first and learn to open, often suddenly and late.
    gates = result.finished and path(trace, -1) >= distance
    return [signal for signal in through_time(trace, run) if gates or not signal.gated]


def _of_sequences(
    faded: Distortion, limit: float, trace: Trace, run: RunSpec, result: Outcome, severity: Severity
) -> Finding:
    cause: Cause = "initialization"
    if faded.at_start >= 10 * limit:
        cause = "learning_rate" if overlong(trace) else "depth"
    elif faded.gradual:
        cause = "depth"
    first, at = int(faded.steps[0]), faded.worst
    reason = _THROUGH_TIME[cause]
    if not at.gated:
        reason += "; the gates of an lstm or gru are made to pass it on"
    if at.gated and cause != "learning_rate":
        reason = "the gates start half closed and have not learned to open"
    return Finding(
        rule="vanishing_gradient",
        severity=severity,
        cause=cause,
        layers=faded.layers,
        first_step=first,
        last_step=int(faded.steps[-1]),
        value=faded.value,
        threshold=limit,
        explanation=(
            f"From step {first} on only {faded.value:.1e} of the backward signal at time step {at.times[-1]} of "
            f"{at.layer} reaches time step {at.times[faded.column]} through time "
            f"({faded.told(f'below {limit:g}')}), and {result.told}. The signal is lost because {reason}."
        ),
        remedies=prescribe(run, ORTHOGONAL, adaptive(run), SLOWER if cause == "learning_rate" else None),
    )


def _cause(lost_later: bool, signal: Backward, trace: Trace, run: RunSpec) -> Cause:
    if lost_later and overlong(trace):
        return "learning_rate"
    if lost_later:
        return "depth" if len(signal.layers) > _DEEP else "unknown"
    return vanishing_origin(signal, float(signal.at_start[0]), trace, run)


def _at_plateau(trace: Trace, result: Outcome, distance: float) -> bool:
    return result.progress < 0.1 and path(trace, -1) >= distance


def _explanation(
    signal: Backward, arrives: float, limit: float, layers: tuple[str, ...], first: int, result: Outcome, cause: Cause
) -> str:
    share, factor = f"only {arrives:.1e}", f"a factor of {signal.per_layer(arrives):.2f} per layer; "
    if arrives == 0:
        share, factor = "nothing", ""
    return (
        f"From step {first} on {share} of the backward signal at {signal.layers[-1]} reaches {signal.layers[0]} "
        f"({factor}below {limit:g} in {len(layers)} of {len(signal.layers)} layers), and {result.told}. "
        f"The signal is lost because {_REASONS[cause]}."
    )


def _remedies(run: RunSpec, cause: Cause, since: int) -> tuple[Remedy, ...]:
    wanted: list[Wanted | None]
    if cause == "activation":
        wanted = [{**RELU, "scope": "all"}, HE, adaptive(run), BATCH_NORM, RESIDUAL]
    elif cause == "width":
        wanted = [BATCH_NORM, RESIDUAL, LEAKY_RELU, adaptive(run)]
    elif cause == "depth":
        wanted = [RESIDUAL, BATCH_NORM, adaptive(run)]
    elif cause == "learning_rate":
        wanted = [SLOWER, CLIP, BATCH_NORM, warmup(run, since)]
    else:
        wanted = [fitting_init(run), adaptive(run), BATCH_NORM, RESIDUAL]
    return prescribe(run, *wanted)


RULE = vanishing_gradient
