"""Does the loss swing, beyond what the noise of batches can do?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.diagnosis.evidence.outcome import curve
from service.diagnosis.evidence.window import last
from service.trace.trace import Trace

_LOOKS = 10
"""Looks at the validation loss in the second half of a run; more of them would add up noise."""
_TREND = 15
"""Recorded steps over which the trend of the loss is averaged out."""
_LEAST = 4 * _TREND


@dataclass(frozen=True, slots=True)
class Swings:
    """How the loss goes up and down in the second half of a run, in units of the loss."""

    to_and_fro: float
    """Sum of the ways up or down of the validation loss, whichever is less: what was gained and lost again. All looks
    are at the same samples, so batches add no noise of their own."""
    lately: float
    """How far apart the looks of the last quarter of the run lie: swings that die away leave little of it."""
    autocorrelation: float
    """Of the training loss around its trend, one step to the next: 0 for noise of batches, −1 for a period of two."""
    amplitude: float
    """Standard deviation of the training loss around its trend."""


def swings(trace: Trace) -> Swings | None:
    """How the loss swings; None where some of it is not finite."""
    validation, loss = trace.curves.get("validation_loss"), curve(trace, "loss")
    if not loss.size or not np.isfinite(loss).all():
        return None
    to_and_fro = lately = 0.0
    if validation is not None and len(validation.steps) > 2 and np.isfinite(validation.values).all():
        half = validation.values[last(validation.steps, 0.5), 0].astype(np.float64)
        looks = half[np.unique(np.linspace(0, len(half) - 1, min(_LOOKS, len(half))).astype(int))]
        to_and_fro, lately = _to_and_fro(looks), float(np.ptp(looks[len(looks) // 2 :]))
    return Swings(to_and_fro, lately, *_around_trend(loss[len(loss) // 2 :]))


def _to_and_fro(looks: NDArray[np.float64]) -> float:
    ways = np.diff(looks)
    return float(min(ways[ways > 0].sum(), -ways[ways < 0].sum()))


def _around_trend(loss: NDArray[np.float64]) -> tuple[float, float]:
    """Lag-1 autocorrelation and standard deviation of what a running mean leaves."""
    if len(loss) < _LEAST:
        return 0.0, 0.0
    kernel = np.full(_TREND, 1 / _TREND)
    rest = loss[_TREND // 2 : -(_TREND // 2)] - np.convolve(loss, kernel, "valid")
    power = float((rest**2).mean())
    return (float((rest[1:] * rest[:-1]).mean()) / power, power**0.5) if power > 0 else (0.0, 0.0)
