"""ReLU units that are zero for every sample."""

from collections.abc import Iterator
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from service.diagnosis.evidence.outcome import Outcome, outcome
from service.diagnosis.evidence.slope import hidden_activations
from service.diagnosis.evidence.window import last
from service.diagnosis.finding import Cause, Finding
from service.diagnosis.prescription import (
    BATCH_NORM,
    CLIP,
    HE,
    LEAKY_RELU,
    RESIDUAL,
    SLOWER,
    Wanted,
    adaptive,
    prescribe,
    warmup,
)
from service.diagnosis.rule import Source, rule
from service.remedies import Remedy
from service.spec.run import RunSpec
from service.theory.born_dead import born_dead_probability
from service.trace.trace import Series, Trace

_LARGE_BATCH = 32
"""A healthy unit that answers to a tenth of the samples is silent for a whole batch of 32 in 3 % of them."""


@rule(reference="Lu et al. 2019 (born dead); Maas et al. 2013")
def dead_units(
    trace: Trace,
    run: RunSpec,
    *,
    share: Annotated[float, Source("AutoTrainer (ICSE 2021), γ: share of zero gradients")] = 0.7,
    whole_layer: Annotated[float, Source("a layer without a living unit cuts the network in two")] = 0.99,
    narrow: Annotated[
        float, Source("Lu et al. 2019: the chance that a network this narrow and deep is born dead")
    ] = 0.1,
    learned: Annotated[
        float,
        Source("half of a constant prediction's loss, less in runs under 300 steps; vanished networks stay at 0.00"),
    ] = 0.5,
) -> Iterator[Finding]:
    """Units with a zero half-line answer to no sample any more, and the network does not learn.

    Symptom. Most units of a layer, or all of them, are zero for every sample of every batch.

    Why it hurts. A unit that is always zero has a zero gradient, so nothing can bring it back; a layer without a
    living unit lets neither signal nor gradient through.

    What to try. Born dead, that is from the first step: batch normalization, or a slope below zero. Died in training:
    a smaller learning rate or one that warms up, clipping, or a slope below zero.
    """
    result = outcome(trace, run)
    series = _relu_layers(trace, run)
    if series is None or result is None or result.too_early or result.learned(learned):
        return
    dead = series.values
    start, typical = dead[0], np.median(dead[last(series.steps, 0.25)], axis=0)
    cut = _lasting(dead[last(series.steps, 0.1)]) >= whole_layer
    ill = cut | ((typical >= share) & (run.batch_size >= _LARGE_BATCH))
    born = ill & (start >= np.where(cut, whole_layer, share))
    if not ill.any():
        return
    cause: Cause = "died_in_training"
    if born.any():
        cause = "born_dead"
    elif (start >= share).any() and born_dead_probability(run, run.placed()) >= narrow:
        cause = "width"
    layers = tuple(name for name, dying in zip(series.layers, ill, strict=True) if dying)
    worst = 1.0 if cut.any() else float(typical[ill].max())
    threshold = whole_layer if cut.any() else share
    beyond = series.steps[(dead[:, ill] >= share).any(axis=1)]
    yield Finding(
        rule="dead_units",
        severity="critical" if worst >= whole_layer else "warning",
        cause=cause,
        layers=layers,
        first_step=int(series.steps[0] if cause == "born_dead" else beyond[0]),
        last_step=int(beyond[-1]),
        value=worst,
        threshold=threshold,
        explanation=_explanation(cause, layers, worst, threshold, int(beyond[0]), float(start.max()), result),
        remedies=_remedies(run, cause, int(beyond[0])),
    )


def _relu_layers(trace: Trace, run: RunSpec) -> Series | None:
    """dead_fraction of hidden activations with a zero half-line, at finite steps, behind weights that are not zero."""
    series, weights = trace.metrics.get("dead_fraction"), trace.metrics.get("weight_norm")
    if series is None or (weights is not None and weights.steps.size and not (weights.values[0] > 0).all()):
        return None
    hidden = hidden_activations(run)
    columns = [index for index, name in enumerate(series.layers) if name in hidden and hidden[name].entry.zero_below]
    if not columns:
        return None
    values = series.values[:, columns]
    usable = np.isfinite(values).all(axis=1) & _finite_steps(trace, series.steps)
    if not usable.any():
        return None
    return Series(series.steps[usable], tuple(series.layers[index] for index in columns), values[usable])


def _finite_steps(trace: Trace, steps: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of `steps` come before the loss stops being finite; NaN is not greater than zero, so not dead."""
    loss = trace.curves["loss"]
    broken = loss.steps[~np.isfinite(loss.values[:, 0])]
    return np.asarray(steps < broken[0]) if broken.size else np.ones(len(steps), dtype=bool)


def _lasting(dead: NDArray[np.float32]) -> NDArray[np.float32]:
    """[L] share that is dead in nine of ten batches: small batches leave healthy units silent now and then."""
    return np.asarray(np.quantile(dead, 0.1, axis=0))


def _explanation(
    cause: Cause, layers: tuple[str, ...], worst: float, threshold: float, first: int, start: float, result: Outcome
) -> str:
    where = layers[0] if len(layers) == 1 else f"{layers[0]} and {len(layers) - 1} more layer(s)"
    measured = (
        f"From step {first} on {worst:.0%} of the units of {where} are zero for every sample (over {threshold:.0%}), "
        f"and {result.told}. "
    )
    if cause == "born_dead":
        return measured + "They are dead at the initial weights already, and a unit that is always zero never learns."
    if cause == "width":
        return measured + (
            f"The layers are so narrow that at the initial weights up to {start:.0%} of one were dead already, and the "
            "network hung by the units that were left."
        )
    return measured + (
        f"At the first steps at most {start:.0%} of a layer were, so the steps taken have thrown them there, from "
        "where no gradient brings them back."
    )


def _remedies(run: RunSpec, cause: Cause, since: int) -> tuple[Remedy, ...]:
    wanted: list[Wanted | None]
    if cause in {"born_dead", "width"}:
        wanted = [BATCH_NORM, LEAKY_RELU, HE, adaptive(run), RESIDUAL]
    else:
        wanted = [SLOWER, CLIP, BATCH_NORM, LEAKY_RELU, warmup(run, since)]
    return prescribe(run, *wanted)


RULE = dead_units
