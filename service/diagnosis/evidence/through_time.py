"""The backward signal through time: `time_delta_norm` of recurrent layers relative to that at their last time step.

A signal that enters at every time step, as where each has a target of its own, is no smaller at the first ones: then
this says nothing, and nothing is what rules hear of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.diagnosis.evidence.window import last, median
from service.spec.layers import RNN
from service.spec.run import RunSpec
from service.trace.time_axis import METRIC, is_recurrent, time_axis
from service.trace.trace import Trace


@dataclass(frozen=True, slots=True)
class ThroughTime:
    """‖∂loss/∂hₜ‖ of a recurrent layer over that at its last time step, at the recorded steps where all are finite."""

    layer: str
    gated: bool
    """Gates decide how much of the signal passes a time step, and learn to."""
    steps: NDArray[np.int64]
    """[n]"""
    times: NDArray[np.int64]
    """[T], T ≥ 2, ascending; the last is the end of the sequence."""
    ratio: NDArray[np.float64]
    """[n, T]"""

    @property
    def at_start(self) -> NDArray[np.float64]:
        """[T] at the first step: the initial weights."""
        return np.asarray(self.ratio[0])

    @property
    def lately(self) -> NDArray[np.float64]:
        """[T] median over the last quarter of the steps."""
        part = last(self.steps, 0.25)
        return median(self.steps[part], self.ratio[part])


def through_time(trace: Trace, run: RunSpec) -> Iterator[ThroughTime]:
    """The signal of each recurrent layer that has one, in depth order."""
    series = trace.metrics.get(METRIC)
    if series is None:
        return
    column = {name: index for index, name in enumerate(series.layers)}
    for placed in filter(is_recurrent, run.placed()):
        axis = [at for at in time_axis([placed]) if at.name in column]
        if len(axis) < 2:
            continue
        delta = series.values[:, [column[at.name] for at in axis]].astype(np.float64)
        usable = np.isfinite(delta).all(axis=1) & (delta[:, -1] > 0)
        if usable.any():
            delta, times = delta[usable], np.array([at.time for at in axis])
            gated = not isinstance(placed.layer, RNN)
            yield ThroughTime(placed.name, gated, series.steps[usable], times, delta / delta[:, -1:])
