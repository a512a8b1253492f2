"""How far a run came on its way, and how short its steps were: is it at work, only slowly?"""

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from service.diagnosis.evidence.outcome import Outcome, curve
from service.diagnosis.evidence.steps import finite
from service.trace.trace import Trace

_AIM = 0.5
"""Of a constant prediction's loss: where a network is said to have learned."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The speed of a whole run."""

    ratio: float
    """Mean ‖Δw‖ / ‖w‖ of a step, in the layer where it is largest."""
    typical: float
    """The same in the layer that is the median."""
    path: float
    """Sum of the steps, in the layer where it is largest."""
    layers: tuple[str, ...]
    times: float
    """How many times as long the run would have to be to halve a constant prediction's loss at the same speed."""
    first: float
    last: float
    """The loss that `times` was measured by: of validation, which has no noise of batches, where it is recorded."""


def pace(trace: Trace, result: Outcome) -> Pace | None:
    """The speed of the run; None where no steps or losses are recorded, or some are not finite."""
    series = trace.metrics.get("update_ratio")
    if series is None or not series.steps.size or not series.layers:
        return None
    mean = finite(series.values).mean(axis=0, dtype=np.float64)
    measured = _fall(trace)
    if measured is None:
        return None
    first, last, share = measured
    fall = (first - last) / share
    needed = first - _AIM * result.constant
    return Pace(
        ratio=float(mean.max()),
        typical=float(np.median(mean)),
        path=float(mean.max()) * result.steps,
        layers=series.layers,
        times=needed / fall if fall > 0 else inf,
        first=first,
        last=last,
    )


def _fall(trace: Trace) -> tuple[float, float, float] | None:
    """The loss at the beginning and the end, and the share of the run that lies between."""
    loss = curve(trace, "loss")
    if loss.size < 4 or not np.isfinite(loss).all():
        return None
    steps = int(trace.curves["loss"].steps[-1]) + 1
    validation = trace.curves.get("validation_loss")
    if validation is not None and len(validation.steps) > 1 and np.isfinite(validation.values).all():
        between = float(validation.steps[-1] - validation.steps[0]) / steps
        return float(validation.values[0, 0]), float(validation.values[-1, 0]), between
    quarter = loss.size // 4
    return _mean(loss[:quarter]), _mean(loss[-quarter:]), 0.75


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean())
