"""The slow, obvious version of a histogram: every entry is compared with every edge."""

from math import inf, isfinite, isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.trace.histogram import BINS, COLUMNS, LOWEST_EXPONENT


def counted(entries: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    """[COLUMNS] zeros, octaves and what is not finite."""
    counts = np.zeros(COLUMNS, np.int64)
    for entry in entries.ravel().tolist():
        counts[_column(abs(entry))] += 1
    return counts


def _column(size: float) -> int:
    if isnan(size) or size == inf:
        return COLUMNS - 1
    if size == 0:
        return 0
    assert isfinite(size)
    for bin_ in range(BINS - 1):
        if size <= 2.0 ** (LOWEST_EXPONENT + bin_ + 1):
            return 1 + bin_
    return BINS
