"""Activations on their flat ends."""

from collections.abc import Iterator
from typing import Annotated

import numpy as np

from service.diagnosis.evidence.backward import backward
from service.diagnosis.evidence.origin import unscaled_inputs
from service.diagnosis.evidence.outcome import Outcome, outcome
from service.diagnosis.evidence.slope import hidden_activations
from service.diagnosis.evidence.steps import overlong
from service.diagnosis.evidence.window import last
from service.diagnosis.finding import Cause, Finding
from service.diagnosis.prescription import (
    BATCH_NORM,
    CLIP,
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
from service.trace.trace import Series, Trace

_REASONS: dict[Cause, str] = {
    "initialization": "the initial weights make the pre-activations far larger than 1",
    "data": "the inputs are not scaled, so the first layer is driven to its ends",
    "learning_rate": "it was not so at the first steps, and steps as long as the weights have driven them there",
    "unknown": "it was not so at the first steps and came up in training",
}


@rule(reference="Glorot & Bengio 2010; LeCun et al. 1998")
def saturated_activations(
    trace: Trace,
    run: RunSpec,
    *,
    share: Annotated[float, Source("SageMaker Debugger and torchmortem: half of a layer")] = 0.5,
    well_learned: Annotated[
        float, Source("saturated from the start: healthy controls never are, so less leniency")
    ] = 0.8,
    learned: Annotated[
        float,
        Source("half of a constant prediction's loss, less in runs under 300 steps; vanished networks stay at 0.00"),
    ] = 0.5,
    worse: Annotated[float, Source("saturated later: confident networks are too, but their loss is low")] = 1.2,
    lost: Annotated[float, Source("saturated later: share of the backward signal that still arrives")] = 1e-2,
) -> Iterator[Finding]:
    """Most outputs of a bounded activation lie where its slope is below 1 % of its maximum, and learning suffers.

    Symptom. The share of outputs at the flat ends of sigmoid, tanh, hardtanh or softsign is over one half.

    Why it hurts. The gradient is multiplied by that slope, so what lies before the layer hardly learns; outputs near
    ±1 also tell samples apart no better than a coin.

    What to try. A smaller init or batch normalization where it is so from the start; a smaller learning rate where
    training has brought it about; an activation that does not saturate.
    """
    result = outcome(trace, run)
    series = _bounded_layers(trace, run)
    if series is None or result is None or result.too_early:
        return
    start, lately = series.values[0], np.median(series.values[last(series.steps, 0.1)], axis=0)
    from_start = start >= share
    cause: Cause
    now = lately >= share
    if from_start.any() and now.any():
        cause = _at_start(trace, run, bool(from_start[0]) and not from_start[1:].any())
        if result.progress >= well_learned or (not result.finished and result.learned(well_learned)):
            return
        if cause == "data" and result.learned(learned):
            return
    elif now.any() and not result.learned(learned) and _harmful(trace, result, worse, lost):
        cause = "learning_rate" if overlong(trace) else "unknown"
    else:
        return
    layers = tuple(name for name, ill in zip(series.layers, now, strict=True) if ill)
    beyond = series.steps[(series.values[:, now] >= share).any(axis=1)]
    worst = float(lately[now].max())
    where = layers[0] if len(layers) == 1 else f"{layers[0]} and {len(layers) - 1} more layer(s)"
    yield Finding(
        rule="saturated_activations",
        severity="warning" if result.progress > learned / 5 else "critical",
        cause=cause,
        layers=layers,
        first_step=int(beyond[0]),
        last_step=int(beyond[-1]),
        value=worst,
        threshold=share,
        explanation=(
            f"From step {int(beyond[0])} on up to {worst:.0%} of the outputs of {where} lie on the flat ends of their "
            f"function (over {share:.0%}), and {result.told}. "
            f"They saturate because {_REASONS[cause]}."
        ),
        remedies=_remedies(run, cause, int(beyond[0])),
    )


def _bounded_layers(trace: Trace, run: RunSpec) -> Series | None:
    """saturated_fraction of hidden activations that are bounded, at the steps where all of it is finite.

    The zero half of a ReLU is flat as well, and is what dead_units looks at.
    """
    series = trace.metrics.get("saturated_fraction")
    if series is None:
        return None
    hidden = hidden_activations(run)
    columns = [index for index, name in enumerate(series.layers) if name in hidden and hidden[name].entry.saturates]
    values = series.values[:, columns]
    usable = np.isfinite(values).all(axis=1)
    if not columns or not usable.any():
        return None
    return Series(series.steps[usable], tuple(series.layers[index] for index in columns), values[usable])


def _at_start(trace: Trace, run: RunSpec, first_alone: bool) -> Cause:
    return "data" if first_alone and unscaled_inputs(trace, run) else "initialization"


def _harmful(trace: Trace, result: Outcome, worse: float, lost: float) -> bool:
    signal = backward(trace)
    return result.end > worse * result.constant or (signal is not None and float(signal.lately[0]) < lost)


def _remedies(run: RunSpec, cause: Cause, since: int) -> tuple[Remedy, ...]:
    wanted: list[Wanted | None]
    match cause:
        case "initialization":
            wanted = [fitting_init(run), BATCH_NORM, adaptive(run), RELU]
        case "data":
            wanted = [BATCH_NORM, RELU, adaptive(run)]
        case _:
            wanted = [SLOWER, CLIP, BATCH_NORM, RELU, warmup(run, since)]
    return prescribe(run, *wanted)


RULE = saturated_activations
