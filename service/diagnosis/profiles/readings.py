"""What the rules of other tools read: kernels, epochs, and shares of a layer's outputs, out of a trace."""

from collections.abc import Collection
from dataclasses import dataclass
from math import pi, prod, sqrt

import numpy as np
from numpy.typing import NDArray

from service.diagnosis.profiles.profile import Sign
from service.spec.activations import ACTIVATIONS
from service.spec.layers import Activation
from service.spec.network import PlacedLayer
from service.spec.run import RunSpec
from service.trace.trace import Series, Trace

MEAN_OF_NORMAL = sqrt(2 / pi)
"""E|g| of normally distributed numbers over their root mean square."""
Matrix = NDArray[np.float64]
RECTIFIERS = frozenset(name for name, function in ACTIVATIONS.items() if function.zero_below)


@dataclass(frozen=True, slots=True)
class Kernels:
    """The weights of all layers that have some, biases left out."""

    steps: NDArray[np.int64]
    """[T]"""
    layers: tuple[str, ...]
    """[L]"""
    gradient: Matrix
    """[T, L] L2 norms."""
    weight: Matrix
    """[T, L] L2 norms."""
    update: Matrix
    """[T, L] ‖Δw‖ / ‖w‖."""
    count: Matrix
    """[L] how many numbers."""

    @property
    def mean_gradient(self) -> Matrix:
        """[T, L] mean |gradient|, as if its entries were normally distributed."""
        return np.asarray(MEAN_OF_NORMAL * self.gradient / np.sqrt(self.count))

    @property
    def variance(self) -> Matrix:
        """[T, L] of the weights, as if their mean were zero."""
        return np.asarray(self.weight**2 / self.count)


def kernels(trace: Trace, run: RunSpec) -> Kernels | None:
    """The kernels; None before the first step is recorded."""
    total, weights, moves = (trace.metrics.get(name) for name in ("grad_norm", "weight_norm", "update_ratio"))
    if total is None or weights is None or moves is None or not total.steps.size:
        return None
    layers = tuple(placed.name for placed in run.placed() if placed.has_weight and placed.name in weights.layers)
    biases = trace.metrics.get("bias_grad_norm")
    kernel = gradient = _columns(total, layers)
    if biases is not None:
        bias = [biases.of(name) if name in biases.layers else np.zeros(len(gradient)) for name in layers]
        share = np.stack(bias, axis=1).astype(np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            kernel = np.sqrt(np.maximum(gradient**2 - share**2, 0))
        kernel[~np.isfinite(gradient)] = np.nan
    by_name = {placed.name: placed for placed in run.placed()}
    count = np.array([_weights(by_name[name]) for name in layers], np.float64)
    return Kernels(total.steps, layers, kernel, _columns(weights, layers), _columns(moves, layers), count)


def _columns(series: Series, layers: tuple[str, ...]) -> Matrix:
    return series.values[:, [series.layers.index(name) for name in layers]].astype(np.float64)


def _weights(placed: PlacedLayer) -> int:
    shapes = placed.parameter_shapes.items()
    return sum(prod(shape) for name, shape in shapes if "bias" not in name.rpartition(".")[2])


@dataclass(frozen=True, slots=True)
class Epochs:
    """The curves by epochs: training numbers are means over the recorded steps, validation's the last ones seen."""

    ends: NDArray[np.int64]
    """[E] last step of each; that of an incomplete one counts where there is no other."""
    loss: Matrix
    accuracy: Matrix
    validation_loss: Matrix
    validation_accuracy: Matrix


def epochs(trace: Trace, run: RunSpec) -> Epochs | None:
    """The epochs seen so far; None before the first step is recorded."""
    loss = trace.curves.get("loss")
    if loss is None or not loss.steps.size:
        return None
    length = run.training.steps_per_epoch(run.data.training_samples)
    seen = int(loss.steps[-1]) + 1
    ends = np.arange(length - 1, max(seen, length), length)
    ends[-1] = min(ends[-1], seen - 1)
    means = [_means(trace, name, ends, length) for name in ("loss", "accuracy")]
    lasts = [_lasts(trace, name, ends) for name in ("validation_loss", "validation_accuracy")]
    return Epochs(ends, *means, *lasts)


def _means(trace: Trace, name: str, ends: NDArray[np.int64], length: int) -> Matrix:
    series = trace.curves.get(name)
    if series is None:
        return np.full(len(ends), np.nan)
    parts = [series.values[(series.steps <= end) & (series.steps > end - length), 0] for end in ends]
    return np.array([part.mean(dtype=np.float64) if part.size else np.nan for part in parts])


def _lasts(trace: Trace, name: str, ends: NDArray[np.int64]) -> Matrix:
    series = trace.curves.get(name)
    if series is None or not series.steps.size:
        return np.full(len(ends), np.nan)
    rows = np.searchsorted(series.steps, ends, side="right") - 1
    return np.where(rows >= 0, series.values[np.maximum(rows, 0), 0].astype(np.float64), np.nan)


def rows_at(steps: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.intp]:
    """The rows of an ascending grid that were the last ones at the steps wanted."""
    return np.maximum(np.searchsorted(steps, wanted, side="right") - 1, 0)


def of_functions(trace: Trace, run: RunSpec, metric: str, functions: Collection[str]) -> Series | None:
    """A metric of the activations of these functions; None where there are none."""
    series = trace.metrics.get(metric)
    names = {
        placed.name
        for placed in run.placed()
        if isinstance(placed.layer, Activation) and placed.layer.function in functions
    }
    layers = tuple(name for name in series.layers if name in names) if series else ()
    if series is None or not layers:
        return None
    return Series(series.steps, layers, series.values[:, [series.layers.index(name) for name in layers]])


def sign(
    steps: NDArray[np.int64],
    layers: tuple[str, ...],
    values: NDArray[np.floating],
    beyond: NDArray[np.bool_] | np.bool_,
    threshold: float,
) -> Sign | None:
    """The sign of [T, L] values where some are beyond a threshold; None where none is."""
    ill = np.asarray(beyond)
    rows = np.flatnonzero(ill.any(axis=1))
    if not rows.size:
        return None
    value = float(values[rows[0]][ill[rows[0]]][0])
    named = tuple(name for name, column in zip(layers, ill.T, strict=True) if name and column.any())
    return Sign(named, int(steps[rows[0]]), int(steps[rows[-1]]), value if np.isfinite(value) else None, threshold)
