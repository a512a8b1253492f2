"""A loss that starts far too high: how high is too high, and whether the run makes up for it."""

from itertools import pairwise

import numpy as np

from service.diagnosis.evidence.outcome import Outcome, curve
from service.trace.trace import Trace

_BELOW = 0.05


def highest_start(result: Outcome, beyond: float) -> float:
    """The highest loss that fits sound start weights: `beyond` times a constant prediction's, or `beyond` more.

    Outputs of unit variance cost 1 more than a constant in mean squared error, however small the constant's loss is,
    and half as much in cross-entropy; outputs three times as large cost 9 and 5.
    """
    return max(beyond * result.constant, result.constant + beyond)


def recovering(trace: Trace, result: Outcome) -> bool:
    """Whether the loss has come below a constant prediction's, and each quarter of the run brings it down further."""
    loss = curve(trace, "loss")
    if result.progress <= _BELOW or not np.isfinite(loss).all():
        return False
    quarters = [float(part.mean()) for part in np.array_split(loss, 4) if part.size]
    return all(later < earlier for earlier, later in pairwise(quarters))
