"""A chunk: consecutive recorded steps of one metric, as numbers, and as the bytes that are stored.

Beside the numbers stand summaries of blocks of 64 recorded steps on a grid that starts at step 0, so that a view of
many steps reads summaries and not numbers, wherever chunks happen to begin and end
(docs/decisions/0005-trace-chunks.md).
"""

from collections.abc import Set
from dataclasses import dataclass, fields
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from service.trace.blob import pack, unpack
from service.trace.points import Points

Scope = Literal["layer", "curve"]
Stored = Literal["layer", "curve", "histogram"]
"""What a stored row may be: part of a series, or histograms (`service.trace.histogram`)."""
BLOCK_POINTS = 64


@dataclass(frozen=True, slots=True)
class EncodedChunk:
    """A chunk as one row of the database."""

    scope: Stored
    metric: str
    first_step: int
    last_step: int
    every: int
    points: int
    data: bytes
    summary: bytes


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive recorded steps of one metric of all its layers. NaN and infinities are data."""

    scope: Scope
    metric: str
    layers: tuple[str, ...]
    """[L] names in depth order; one empty name for a curve."""
    steps: NDArray[np.int64]
    """[n], ascending, n ≥ 1."""
    times: NDArray[np.float64]
    """[n] seconds since the epoch."""
    values: NDArray[np.float32]
    """[n, L]"""
    every: int = 1
    """Optimizer steps between two recorded ones of this run."""

    def encode(self) -> EncodedChunk:
        """The row to store."""
        data = pack({"steps": self.steps, "times": self.times, "values": self.values}, self.layers)
        blocks = Points.of(self.steps, self.times, self.values).merged(BLOCK_POINTS * self.every)
        summary = pack({f.name: getattr(blocks, f.name) for f in fields(blocks)}, self.layers)
        return EncodedChunk(
            scope=self.scope,
            metric=self.metric,
            first_step=int(self.steps[0]),
            last_step=int(self.steps[-1]),
            every=self.every,
            points=len(self.steps),
            data=data,
            summary=summary,
        )


def decode(row: EncodedChunk) -> Chunk:
    """The chunk of a series that was encoded. Raises `ValueError` for histograms."""
    if row.scope == "histogram":
        raise ValueError("histograms are no series")
    arrays, layers = unpack(row.data)
    steps = cast("NDArray[np.int64]", arrays["steps"])
    times = cast("NDArray[np.float64]", arrays["times"])
    values = cast("NDArray[np.float32]", arrays["values"])
    return Chunk(row.scope, row.metric, layers, steps, times, values, row.every)


def points_of(data: bytes, wanted: Set[str] = frozenset()) -> tuple[Points, tuple[str, ...]]:
    """The points of a stored chunk's numbers, and its layers: those of `wanted`, or all where none of them is there."""
    arrays, layers = unpack(data)
    if kept := _places(layers, wanted):
        arrays["values"] = arrays["values"][:, kept]
        layers = tuple(layers[place] for place in kept)
    return Points.of(**arrays), layers  # type: ignore[arg-type]  # the header says the types


def blocks_of(summary: bytes, wanted: Set[str] = frozenset()) -> tuple[Points, tuple[str, ...]]:
    """The merged points of a stored chunk's summary, and its layers; `wanted` as for `points_of`."""
    arrays, layers = unpack(summary)
    if kept := _places(layers, wanted):
        arrays = {name: array[:, kept] if array.ndim == 2 else array for name, array in arrays.items()}
        layers = tuple(layers[place] for place in kept)
    return Points(**arrays), layers  # type: ignore[arg-type]  # the header says the types


def _places(layers: tuple[str, ...], wanted: Set[str]) -> list[int]:
    return [place for place, layer in enumerate(layers) if layer in wanted]
