"""Features put to a common scale: float64 arithmetic, a block of samples at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

_BLOCK = 1 << 20
"""Numbers that are held in float64 at once: 8 MiB."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """x ↦ (x − shift) / spread for each feature; zero for features that never change."""

    shift: NDArray[np.float64]
    spread: NDArray[np.float64]
    """Zero where a feature never changes. Both of shape [1, *sample], with 1 for every axis but the feature's own."""

    @classmethod
    def fitted(
        cls, values: NDArray[Any], rows: NDArray[np.int64], how: Literal["standard", "minmax"], axes: tuple[int, ...]
    ) -> Self:
        """The scaling that gives `rows` of `values` [N, *sample] zero mean and unit variance, or puts them in [0, 1].

        `axes`: all but the feature's own.
        """
        sizes = (len(rows), *values.shape[1:])
        shape = tuple(1 if axis in axes else size for axis, size in enumerate(sizes))
        low, high, mean, variance = np.full(shape, np.inf), np.full(shape, -np.inf), np.zeros(shape), np.zeros(shape)
        for block in _blocks(values, rows):
            low = np.minimum(low, block.min(axis=axes, keepdims=True))
            high = np.maximum(high, block.max(axis=axes, keepdims=True))
            mean += block.mean(axis=axes, keepdims=True) * (len(block) / len(rows))
        if how == "minmax":
            return cls(low, high - low)
        for block in _blocks(values, rows):
            variance += np.square(block - mean).mean(axis=axes, keepdims=True) * (len(block) / len(rows))
        # Rounding gives a feature that never changes a variance, too.
        return cls(mean, np.where(high > low, np.sqrt(variance), 0.0))

    def applied(self, values: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """`rows` of `values` [N, *sample], scaled."""
        scaled = np.zeros((len(rows), *values.shape[1:]), np.float32)
        done = 0
        for block in _blocks(values, rows):
            place = scaled[done : done + len(block)]
            place[:] = np.where(
                self.spread > 0, (block - self.shift) / np.where(self.spread > 0, self.spread, 1.0), 0.0
            )
            done += len(block)
        return scaled


def _blocks(values: NDArray[Any], rows: NDArray[np.int64]) -> Iterator[NDArray[np.float64]]:
    size = max(1, _BLOCK // max(1, values[:1].size))
    for start in range(0, len(rows), size):
        yield values[rows[start : start + size]].astype(np.float64)
