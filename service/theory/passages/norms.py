"""Normalization: whatever comes, unit variance leaves; the gradient is divided by the spread that was there.

What it loses besides, along the mean and along the signal itself, is one or two directions out of many.
batch_norm: the spread over samples, σ² = E[x²] − E[x x′] for two samples x, x′. Between weight layers the growth of the
squared gradient is then E[φ′²] / Var φ: π / (π − 1) for ReLU (Yang et al. 2019). Over B numbers samples lose one
direction to the mean, and E[1/σ²] exceeds 1/E[σ²]: what is left of both is (B − 2) / (B − 3).
"""

from dataclasses import dataclass, replace
from math import prod

import numpy as np

from service.spec.layers import BatchNorm, GroupNorm, LayerNorm
from service.spec.network import PlacedLayer
from service.theory.functions import Array
from service.theory.gradient import Gradient
from service.theory.passages.pull import Pull, closed
from service.theory.signal import Signal
from service.theory.unknown import NoClosedForm

_FEWEST = 8
"""Numbers that a mean and a spread are taken over, for the spread to be near its expectation."""
Norm = BatchNorm | LayerNorm | GroupNorm
_FEWEST_SUMMED = 32
"""Weights of a unit, for its spread over samples to be near that of the others."""
_ALIKE = 0.05
"""Correlation of samples up to which an activation's outputs have the same spread in every channel."""


@dataclass(frozen=True, slots=True)
class _Statistics:
    shift: Array
    """The mean that is taken away."""
    removed: Array
    """The second moment that goes with it."""
    variance: Array
    """What is left is divided by its root."""
    common: float | None
    """What two samples have in common behind the norm."""
    grown: float = 1.0
    """Further factor of the squared gradient."""


def norm(placed: PlacedLayer, layer: Norm, signal: Signal, batch: int) -> tuple[Signal, Pull]:
    """The signal behind the norm, and the way back. `batch`: samples that batch_norm sees at a time."""
    ones = np.ones((1,) * (1 + len(placed.in_shape)))
    over_batch = isinstance(layer, BatchNorm) and signal.units == 0
    try:
        second, mean = signal.known(), signal.mean
        if mean is None:
            raise NoClosedForm(f"the mean of what {layer.kind} reads is not known")
        taken = _statistics(placed, layer, signal, second, mean, batch)
    except NoClosedForm as unknown:
        # What leaves is known all the same.
        common = 0.0 if over_batch else None
        return replace(signal, second=ones, mean=0 * ones, common=common, why=""), closed(str(unknown))
    divided = taken.variance + layer.eps
    left = np.maximum(second - taken.removed, 0) / divided
    behind = replace(signal, second=left, mean=(mean - taken.shift) / divided**0.5, common=taken.common)

    def pull(gradient: Gradient) -> Gradient:
        return gradient.passed(gradient.squares * (taken.grown / divided))

    return behind, pull


def _statistics(
    placed: PlacedLayer, layer: Norm, signal: Signal, second: Array, mean: Array, batch: int
) -> _Statistics:
    shape = placed.in_shape
    if isinstance(layer, BatchNorm) and signal.units == 0:
        return _over_samples(signal, second, mean, batch * prod(shape[1:]))
    match layer:
        case LayerNorm():
            count, axes = shape[-1], tuple(range(len(shape), len(shape) + 1))
            if signal.units != len(shape) - 1:
                raise NoClosedForm("layer_norm divides by a spread over positions, which depends on how alike they are")
        case GroupNorm():
            count = shape[signal.units] // (layer.num_groups if signal.units == 0 else 1)
            axes = tuple(range(1, len(shape) + 1))
        case _:
            count, axes = batch * prod(shape[1:]), (0, *range(2, len(shape) + 1))
    _check_enough(layer.kind, count)
    shift = mean.mean(axis=axes, keepdims=True)
    variance = _positive(second.mean(axis=axes, keepdims=True) - shift**2)
    common = None if signal.common is None else float(((signal.common - shift**2) / variance).mean())
    return _Statistics(shift, shift**2, variance, common)


def _over_samples(signal: Signal, second: Array, mean: Array, count: int) -> _Statistics:
    """Of batch_norm over `count` numbers of a channel."""
    _check_enough("batch_norm", count)
    if signal.gaussian and 0 < signal.summed < _FEWEST_SUMMED:
        raise NoClosedForm(f"batch_norm divides each channel by a spread that {signal.summed} weights decide")
    if signal.common is None:
        raise NoClosedForm("how alike samples are is not known, and batch_norm divides by their spread")
    shift, length = np.full_like(mean, mean.mean()), float(second.mean())
    squared = float(shift.mean()) ** 2
    if not signal.gaussian and signal.common - squared > _ALIKE * (length - squared):
        raise NoClosedForm("samples are alike, and an activation spreads them differently in every channel")
    variance = _positive(np.full_like(shift, (length - signal.common) * (1 - 1 / count)))
    removed = length - variance
    return _Statistics(shift, removed, variance, common=-1 / (count - 1), grown=(count - 2) / (count - 3))


def _check_enough(kind: str, count: int) -> None:
    if count < _FEWEST:
        raise NoClosedForm(f"{kind} takes its statistics over {count} numbers, which chance decides")


def _positive(variance: Array) -> Array:
    if not float(variance.min()) > 0:
        raise NoClosedForm("a norm would divide by a spread of zero")
    return variance
