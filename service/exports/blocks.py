"""A series as blocks of rows, one after another: as it was recorded, or smaller, with every spike and NaN."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.exports.order import EVERY_STEP
from service.exports.recording import Recording, Series
from service.trace.chunk import Chunk, decode
from service.trace.downsample import aggregate, bucket_steps
from service.trace.points import Points


@dataclass(frozen=True, slots=True)
class Block:
    """[n] consecutive points of one metric over [L] columns."""

    layers: tuple[str, ...]
    """[L]; one empty name for a curve."""
    steps: NDArray[np.int64]
    """[n], ascending."""
    times: NDArray[np.float64]
    """[n] seconds since the epoch."""
    values: NDArray[np.float32]
    """[n, L] as recorded, NaN and infinities too; of merged steps the largest finite value, NaN where there is none."""
    nonfinite: NDArray[np.int64]
    """[n, L] how many NaN and infinities a value stands for."""


def blocks(recording: Recording, series: Series, max_points: int) -> Iterator[Block]:
    """The series in step order; with `max_points`, on the same grid as `GET /v1/jobs/{id}/traces` with `agg=max`."""
    chunks = map(decode, recording.rows(series))
    if is_whole(series, max_points):
        yield from map(_as_recorded, chunks)
    else:
        yield from _merged(chunks, _width(series, max_points))


def is_whole(series: Series, max_points: int) -> bool:
    """Whether each recorded step is a point of its own."""
    return max_points == EVERY_STEP or series.points <= max_points


def _width(series: Series, max_points: int) -> int:
    return bucket_steps(series.first_step, series.last_step, series.every, max_points)


def _as_recorded(chunk: Chunk) -> Block:
    bad = (~np.isfinite(chunk.values)).astype(np.int64)
    return Block(chunk.layers, chunk.steps, chunk.times, chunk.values, bad)


def _merged(chunks: Iterable[Chunk], width: int) -> Iterator[Block]:
    last: Points | None = None
    layers: tuple[str, ...] = ()
    for chunk in chunks:
        layers = chunk.layers
        points = Points.of(chunk.steps, chunk.times, chunk.values)
        merged = (points if last is None else Points.joined([last, points])).merged(width)
        # The last bucket may go on in the next chunk.
        end = int(merged.steps[-1])
        if len(merged.steps) > 1:
            yield _block(merged.within(0, end - 1), layers)
        last = merged.within(end, end)
    if last is not None:
        yield _block(last, layers)


def _block(points: Points, layers: tuple[str, ...]) -> Block:
    values = aggregate(points, "max").astype(np.float32)
    return Block(layers, points.steps, points.times, values, points.nonfinite)
