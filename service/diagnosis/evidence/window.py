"""Parts of a recorded series by steps and not by rows: dear metrics are thinned while a run goes on."""

import numpy as np
from numpy.typing import NDArray

_POINTS = 256
"""A median over more points says the same and takes longer."""


def evenly(steps: NDArray[np.int64]) -> NDArray[np.intp]:
    """Rows of an ascending, non-empty grid of steps that lie evenly over time; sparse parts come up repeatedly."""
    if len(steps) <= 2:
        return np.arange(len(steps))
    wanted = np.linspace(steps[0], steps[-1], min(_POINTS, int(steps[-1] - steps[0]) + 1))
    return np.searchsorted(steps, wanted)


def median(steps: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """[L] median over time of [T, L] values at ascending steps."""
    return np.asarray(np.median(values[evenly(steps)], axis=0))


def last(steps: NDArray[np.int64], share: float) -> slice:
    """The rows of the last `share` of an ascending, non-empty grid of steps; at least one."""
    begin = steps[0] + (1 - share) * (steps[-1] - steps[0])
    return slice(int(np.searchsorted(steps, begin)), None)
