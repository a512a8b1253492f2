"""Statistics of columns, gathered block by block."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Row = dict[str, Any]


class Moments:
    """Least, greatest, mean and spread of each column, and whether all numbers are whole.

    Blocks are merged as in Chan, Golub & LeVeque 1983: sums of squares would lose the spread of data far from zero.
    """

    def __init__(self, columns: int) -> None:
        self.count = 0
        self.whole = True
        self.least = np.full(columns, np.inf)
        self.greatest = np.full(columns, -np.inf)
        self.mean = np.zeros(columns)
        self._squares = np.zeros(columns)
        """Sums of squared distances from the mean."""

    def add(self, block: NDArray[Any]) -> None:
        """Counts [n, columns] numbers in."""
        numbers = block.astype(np.float64)
        count, mean = len(numbers), numbers.mean(axis=0)
        total, apart = self.count + count, mean - self.mean
        self._squares += ((numbers - mean) ** 2).sum(axis=0) + apart**2 * (self.count * count / total)
        self.mean += apart * (count / total)
        self.count = total
        self.least = np.minimum(self.least, numbers.min(axis=0))
        self.greatest = np.maximum(self.greatest, numbers.max(axis=0))
        self.whole = self.whole and bool((numbers == np.floor(numbers)).all())

    @property
    def variance(self) -> NDArray[np.float64]:
        """Of each column, divided by their number."""
        return self._squares / self.count

    def column(self, place: int) -> Row:
        """The statistics of one column."""
        return _row(self.least[place], self.greatest[place], self.mean[place], self.variance[place])

    def overall(self) -> Row:
        """The statistics of all columns taken together."""
        variance = self.variance.mean() + self.mean.var()
        return _row(self.least.min(), self.greatest.max(), self.mean.mean(), variance)


def _row(least: float, greatest: float, mean: float, variance: float) -> Row:
    return {"min": float(least), "max": float(greatest), "mean": float(mean), "std": float(np.sqrt(variance))}
