"""Layers without weights that drop, average or reorder."""

from dataclasses import replace

import numpy as np

from service.spec.layers import AvgPool, Dropout, MaxPool
from service.spec.network import PlacedLayer
from service.theory.functions import Array
from service.theory.gradient import Gradient
from service.theory.passages.pull import Pull, closed, unchanged
from service.theory.passages.reach import Windows, axes_of, positions
from service.theory.signal import Signal

_AVERAGED = "an average over positions depends on how alike they are"


def dropout(placed: PlacedLayer, layer: Dropout, signal: Signal) -> tuple[Signal, Pull]:
    """What stays is scaled by 1 / (1 − p), on both ways: squares grow by that factor."""
    if layer.p == 0:
        return signal, unchanged
    kept, units = 1 - layer.p, placed.in_shape[signal.units]
    second = None if signal.second is None else signal.second / kept
    behind = replace(signal, second=second, gaussian=False, dropped=True)
    return behind, lambda gradient: gradient.passed(gradient.squares / kept, 3 * layer.p / kept / units)


def flatten(placed: PlacedLayer, signal: Signal) -> tuple[Signal, Pull]:
    """All positions side by side; those of one channel stand for the others."""
    sizes = (1,) * len(placed.in_shape) if signal.second is None else signal.second.shape[1:]

    def lined(values: Array | None) -> Array | None:
        return None if values is None else values.reshape(len(values), -1)

    def pull(gradient: Gradient) -> Gradient:
        squares = gradient.squares
        shape = sizes if squares.shape[-1] > 1 else (1,) * len(sizes)
        return gradient.passed(squares.reshape(len(squares), *shape))

    return replace(signal, second=lined(signal.second), mean=lined(signal.mean), units=0), pull


def transpose(signal: Signal) -> tuple[Signal, Pull]:
    """The units lie along the other axis."""

    def turned(values: Array | None) -> Array | None:
        return None if values is None else values.swapaxes(1, 2)

    behind = replace(signal, second=turned(signal.second), mean=turned(signal.mean), units=1 - signal.units)
    return behind, lambda gradient: gradient.passed(gradient.squares.swapaxes(1, 2))


def global_avg_pool(placed: PlacedLayer, signal: Signal) -> tuple[Signal, Pull]:
    """Every position gets the same gradient, divided by their number."""
    count = positions(placed.in_shape)
    behind = replace(signal.lost(_AVERAGED), units=0)
    if signal.mean is not None:
        behind = replace(behind, mean=signal.mean.mean(axis=tuple(range(2, signal.mean.ndim))))

    def pull(gradient: Gradient) -> Gradient:
        squares = gradient.squares.reshape(*gradient.squares.shape, *(1,) * (len(placed.in_shape) - 1))
        return gradient.passed(squares / count**2)

    return behind, pull


def pool(placed: PlacedLayer, layer: AvgPool | MaxPool, signal: Signal) -> tuple[Signal, Pull]:
    """Every position of a window gets its share of the gradient, or one of them all of it."""
    axes = axes_of(placed)
    window = np.prod([axis.kernel for axis in axes])
    if any(axis.stride < axis.kernel for axis in axes):
        why = f"the windows of {layer.kind} overlap, and neighboring gradients may be alike"
        return replace(signal, gaussian=False).lost(why), closed(why)
    shared = 1.0
    if isinstance(layer, AvgPool):
        shared = float(window)
        behind = signal.lost(_AVERAGED)
        mean = (
            None
            if signal.mean is None or any(any(axis.padding) for axis in axes)
            else signal.mean.mean(axis=tuple(range(2, signal.mean.ndim)), keepdims=True)
        )
        behind = replace(behind, mean=mean)
    else:
        why = "the largest of some numbers depends on how alike they are"
        behind = replace(signal, gaussian=False).lost(why)
        if not signal.gaussian or any(any(axis.padding) for axis in axes):
            return behind, closed("max_pool chooses where the activation before it has a slope")
    windows = Windows(axes, outputs=1)
    return behind, lambda gradient: gradient.passed(windows.back(gradient.squares) / window / shared)
