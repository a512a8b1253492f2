"""A view of a series in at most so many points, on one step grid for all layers."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from service.trace.chunk import BLOCK_POINTS, EncodedChunk, blocks_of, points_of
from service.trace.points import Points

Aggregate = Literal["max", "min", "mean", "last"]


@dataclass(frozen=True, slots=True)
class View:
    """[P] points over [L] layers, and how they were made."""

    steps: NDArray[np.int64]
    """[P] first recorded step of each bucket."""
    times: NDArray[np.float64]
    """[P] seconds since the epoch, at `steps`."""
    values: NDArray[np.float64]
    """[P, L]; NaN where a bucket has no finite value."""
    nonfinite: NDArray[np.int64]
    """[P, L] NaN and infinite values counted."""
    layers: tuple[str, ...]
    bucket_steps: int
    source_points: int
    """Recorded steps the view was made of."""

    def of_layers(self, wanted: Set[str]) -> "View":
        """The view of some of the layers, in depth order."""
        kept = [index for index, layer in enumerate(self.layers) if layer in wanted]
        return replace(
            self,
            values=self.values[:, kept],
            nonfinite=self.nonfinite[:, kept],
            layers=tuple(self.layers[index] for index in kept),
        )


EMPTY = View(
    steps=np.empty(0, np.int64),
    times=np.empty(0),
    values=np.empty((0, 0)),
    nonfinite=np.empty((0, 0), np.int64),
    layers=(),
    bucket_steps=1,
    source_points=0,
)


def bucket_steps(first: int, last: int, every: int, max_points: int) -> int:
    """The smallest width of buckets, in steps, with which [first, last] has at most `max_points` buckets.

    A multiple of `every`; from one block of summaries on, a multiple of blocks, so that summaries suffice.
    """
    block = BLOCK_POINTS * every
    narrow = _width(first, last, every, max_points)
    return narrow if narrow < block else _width(first, last, block, max_points)


def _width(first: int, last: int, unit: int, max_points: int) -> int:
    width = -(-(last - first + 1) // (max_points * unit)) * unit
    while last // width - first // width + 1 > max_points:  # buckets lie on a grid from step 0
        width += unit
    return width


def needs_numbers(row: EncodedChunk, width: int, first: int, last: int) -> bool:
    """Whether a view needs a chunk's numbers: where its buckets are finer than blocks, or its range cuts the chunk."""
    return width < BLOCK_POINTS * row.every or row.first_step < first or row.last_step > last


def view(
    chunks: Sequence[EncodedChunk],
    *,
    first: int,
    last: int,
    max_points: int,
    agg: Aggregate = "max",
    layers: Set[str] = frozenset(),
) -> View:
    """The steps [first, last] of one metric. `chunks` in step order; `data` may be empty where it is not needed.

    `layers`: look at these alone, which is less work, where any of them has the metric.
    """
    if not chunks:
        return EMPTY
    first, last = max(first, chunks[0].first_step), min(last, chunks[-1].last_step)
    if first > last:
        return EMPTY
    width = bucket_steps(first, last, chunks[0].every, max_points)
    parts: list[Points] = []
    names: tuple[str, ...] = ()
    for row in chunks:
        if row.last_step < first or row.first_step > last:
            continue
        exact = needs_numbers(row, width, first, last)
        points, names = points_of(row.data, layers) if exact else blocks_of(row.summary, layers)
        # Merged chunk by chunk: what is joined is as small as the view, and stays in the processor's cache.
        parts.append((points.within(first, last) if exact else points).merged(width))
    joined = Points.joined(parts)
    source_points = int(joined.finite[:, :1].sum() + joined.nonfinite[:, :1].sum())
    merged = joined.merged(width)
    return View(merged.steps, merged.times, aggregate(merged, agg), merged.nonfinite, names, width, source_points)


def aggregate(points: Points, agg: Aggregate) -> NDArray[np.float64]:
    """[n, L] one number for each point; NaN where it has no finite value."""
    if agg == "mean":
        means: NDArray[np.float64] = np.full(points.total.shape, np.nan)
        return np.divide(points.total, points.finite, out=means, where=points.finite > 0)
    chosen = {"max": points.maximum, "min": points.minimum, "last": points.last}[agg]
    values: NDArray[np.float64] = np.where(points.finite > 0, chosen.astype(np.float64), np.nan)
    return values
