"""How long the steps really taken were, and how the global gradient norm went."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.diagnosis.evidence.outcome import curve
from service.diagnosis.evidence.window import last
from service.trace.trace import Trace

_STRETCH = 10
"""Steps that are looked at together: those of a tenth add up to the whole in them. DeepDiagnosis: more than 0.1 is too
much for a single one."""
_LONG_STEP = 0.3
"""‖Δw‖ / ‖w‖ of a single step that turns a layer into another one."""
_LONG_WAY = 0.5
"""The same of ten steps: what learning_rate_too_high calls too long."""
_START = 5
"""Recorded steps whose median stands for the beginning: one batch is noise."""


@dataclass(frozen=True, slots=True)
class Longest:
    """The longest step relative to the weights it changed."""

    ratio: float
    """‖Δw‖ / ‖w‖; 0 where none is recorded."""
    step: int
    layers: tuple[str, ...]
    """Layers whose step was longer than the limit, at that step."""


def first_longer(trace: Trace, limit: float) -> Longest | None:
    """The first recorded step longer than `limit` times the weights of a layer; None when there is none.

    Weights of norm zero do not count: any step is infinitely longer.
    """
    series = trace.metrics.get("update_ratio")
    if series is None or not series.layers:
        return None
    ratio = finite(series.values)
    longer = ratio.max(axis=1) > limit
    if not longer.any():
        return None
    row = int(np.argmax(longer))
    layers = tuple(name for name, value in zip(series.layers, ratio[row], strict=True) if value > limit)
    return Longest(float(ratio[row].max()), int(series.steps[row]), layers)


def path(trace: Trace, column: int) -> float:
    """Sum over all steps of ‖Δw‖ / ‖w‖ of one weight layer, the steps between two recorded ones taken like them."""
    series = trace.metrics.get("update_ratio")
    if series is None or not series.layers or not series.steps.size:
        return 0.0
    steps = int(series.steps[-1]) + 1
    return float(finite(series.values[:, column]).mean(dtype=np.float64)) * steps


def longest_path(trace: Trace) -> float:
    """The same of the layer that has moved farthest."""
    series = trace.metrics.get("update_ratio")
    if series is None or not series.layers or not series.steps.size:
        return 0.0
    return float(finite(series.values).mean(axis=0, dtype=np.float64).max()) * (int(series.steps[-1]) + 1)


def late_step(trace: Trace) -> float:
    """Mean ‖Δw‖ / ‖w‖ of a step in the last quarter of the run, of the layer that moves farthest; 0 where none is
    recorded."""
    series = trace.metrics.get("update_ratio")
    if series is None or not series.layers or not series.steps.size:
        return 0.0
    return float(finite(series.values[last(series.steps, 0.25)]).mean(axis=0, dtype=np.float64).max())


@dataclass(frozen=True, slots=True)
class Burst:
    """The first stretch of ten optimizer steps that moves a layer far, against its own length."""

    length: float
    """Sum of ‖Δw‖ / ‖w‖ over the stretch, in the layer where it is longest."""
    step: int
    """The first step of the stretch."""
    layers: tuple[str, ...]
    """Layers that move as far in it."""


def first_burst(trace: Trace, limit: float) -> Burst | None:
    """The first ten steps that together are longer than `limit` times the weights of a layer; None where there are
    none. The steps between two recorded ones are taken like them."""
    series = trace.metrics.get("update_ratio")
    if series is None or not series.layers or not series.steps.size:
        return None
    every = int(np.median(np.diff(series.steps))) if len(series.steps) > 1 else 1
    rows = max(1, _STRETCH // every)
    ratio = finite(series.values).astype(np.float64) * min(every, _STRETCH)
    sums = np.concatenate([np.zeros((1, ratio.shape[1])), ratio.cumsum(axis=0)])
    ends = np.minimum(np.arange(rows, len(ratio) + rows), len(ratio))
    moved = sums[ends] - sums[:-1]
    longer = moved.max(axis=1) > limit
    if not longer.any():
        return None
    row = int(np.argmax(longer))
    layers = tuple(name for name, value in zip(series.layers, moved[row], strict=True) if value > limit)
    return Burst(float(moved[row].max()), int(series.steps[row]), layers)


def overlong(trace: Trace) -> bool:
    """Whether steps made another layer of some layer: a single one, or ten together."""
    return first_longer(trace, _LONG_STEP) is not None or first_burst(trace, _LONG_WAY) is not None


@dataclass(frozen=True, slots=True)
class Rise:
    """The global gradient norm at its highest against the beginning."""

    start: float
    peak: float
    step: int
    """The first recorded step at which it is beyond the limit asked for."""


def rise(trace: Trace, limit: float) -> Rise | None:
    """The rise of the gradient norm if it is more than `limit`-fold; an overflow is one of any size."""
    norm = curve(trace, "grad_norm")
    start = norm[:_START]
    start = start[np.isfinite(start) & (start > 0)]
    if not start.size:
        return None
    base = float(start.min())
    beyond = ~(norm <= limit * base) & ~np.isnan(norm)
    if not beyond.any():
        return None
    row = int(np.argmax(beyond))
    peak = norm[np.isfinite(norm)].max()
    return Rise(base, float(peak), int(trace.curves["grad_norm"].steps[row]))


def finite(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """The same with zero for what is not finite."""
    return np.where(np.isfinite(values), values, 0)
