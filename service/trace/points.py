"""Points of a series, merged into buckets: a spike or a NaN never disappears."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Points:
    """[n] points in step order, each one recorded step or many merged ones, over [L] layers.

    Merging is associative, so summaries of summaries equal summaries of the raw numbers.
    """

    steps: NDArray[np.int64]
    """[n] first recorded step of each point."""
    times: NDArray[np.float64]
    """[n] seconds since the epoch, at `steps`."""
    minimum: NDArray[np.float32]
    """[n, L] over finite values; +inf where there is none."""
    maximum: NDArray[np.float32]
    """[n, L] over finite values; −inf where there is none."""
    last: NDArray[np.float32]
    """[n, L] last finite value; NaN where there is none."""
    total: NDArray[np.float64]
    """[n, L] sum of finite values."""
    finite: NDArray[np.int64]
    """[n, L] how many values are finite."""
    nonfinite: NDArray[np.int64]
    """[n, L] how many are not."""

    @classmethod
    def of(cls, steps: NDArray[np.int64], times: NDArray[np.float64], values: NDArray[np.float32]) -> "Points":
        """Raw values [n, L], one point each."""
        good = np.isfinite(values)
        return cls(
            steps=steps,
            times=times,
            minimum=np.where(good, values, np.float32(np.inf)),
            maximum=np.where(good, values, np.float32(-np.inf)),
            last=np.where(good, values, np.float32(np.nan)),
            total=np.where(good, values, 0).astype(np.float64),
            finite=good.astype(np.int64),
            nonfinite=(~good).astype(np.int64),
        )

    @classmethod
    def joined(cls, parts: "Sequence[Points]") -> "Points":
        """Points one behind the other; parts come in step order."""
        return cls(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)})

    def within(self, first: int, last: int) -> "Points":
        """The points whose step lies in [first, last]."""
        kept = (self.steps >= first) & (self.steps <= last)
        if kept.all():
            return self
        return Points(**{f.name: getattr(self, f.name)[kept] for f in fields(self)})

    def merged(self, bucket_steps: int) -> "Points":
        """One point for each run of steps with the same `step // bucket_steps`: a grid that all layers share."""
        if len(self.steps) == 0:
            return self
        buckets = self.steps // bucket_steps
        starts = np.flatnonzero(np.diff(buckets, prepend=buckets[0] - 1))
        if len(starts) == len(buckets):
            return self
        return Points(
            steps=self.steps[starts],
            times=self.times[starts],
            minimum=np.minimum.reduceat(self.minimum, starts),
            maximum=np.maximum.reduceat(self.maximum, starts),
            last=_last_finite(self.last, starts),
            total=np.add.reduceat(self.total, starts),
            finite=np.add.reduceat(self.finite, starts),
            nonfinite=np.add.reduceat(self.nonfinite, starts),
        )


def _last_finite(values: NDArray[np.float32], starts: NDArray[np.int64]) -> NDArray[np.float32]:
    rows = np.arange(len(values))[:, None]
    seen = np.maximum.reduceat(np.where(np.isnan(values), -1, rows), starts)  # row of the last finite value
    taken = np.take_along_axis(values, np.maximum(seen, 0), axis=0)
    return np.where(seen < 0, np.float32(np.nan), taken)
