"""Histograms of log10|gradient|: the bins, and recorded steps as numbers and as the bytes that are stored.

A bin is an octave, (2ᵉ, 2ᵉ⁺¹], the same in every step, layer and job, so that histograms compare and add up. Octaves
are what a float's exponent tells without a rounding, and the bounds of float16 lie on their edges.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from service.trace.blob import pack, unpack
from service.trace.chunk import EncodedChunk

LOWEST_EXPONENT = -150
"""The first bin holds 2⁻¹⁴⁹, the smallest float32, and whatever float64 has below it."""
BINS = 278
"""Up to 2¹²⁸, where float32 ends; the last bin also holds what float64 has beyond."""
ZEROS, FIRST_BIN, NONFINITE = 0, 1, BINS + 1
"""Columns of a row of counts: exact zeros, the bins, NaN and infinities."""
COLUMNS = BINS + 2
SCOPE: Literal["histogram"] = "histogram"
METRIC = "gradient"
"""What stands in place of a metric's name where histograms are stored."""

EDGES: NDArray[np.float64] = np.log10(2.0) * np.arange(LOWEST_EXPONENT, LOWEST_EXPONENT + BINS + 1)
"""[BINS + 1] log10 of where the bins begin and end."""
_FLUSHED_BINS = -25 - LOWEST_EXPONENT
"""Bins that float16 rounds to zero: up to 2⁻²⁵, half of its smallest number, a tie that goes to the even zero."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many gradient entries lie in each octave."""

    counts: NDArray[np.int64]
    """[COLUMNS]"""

    @property
    def entries(self) -> int:
        """How many entries there are, of whatever kind."""
        return int(self.counts.sum())

    @property
    def zeros(self) -> int:
        """Entries that are exactly zero."""
        return int(self.counts[ZEROS])

    @property
    def nonfinite(self) -> int:
        """NaN and infinite entries."""
        return int(self.counts[NONFINITE])

    @property
    def underflow_float16(self) -> int:
        """Entries that are not zero, and would be in float16 without a loss scale: |g| ≤ 2⁻²⁵."""
        return int(self.counts[FIRST_BIN : FIRST_BIN + _FLUSHED_BINS].sum())

    def rows(self) -> Iterator[tuple[float, float, int]]:
        """(lower edge, upper edge, count), edges as log10, from the lowest occupied bin to the highest."""
        counts = self.counts[FIRST_BIN:NONFINITE]
        occupied = np.flatnonzero(counts)
        if len(occupied):
            first, stop = int(occupied[0]), int(occupied[-1]) + 1
            yield from zip(
                EDGES[first:stop].tolist(),
                EDGES[first + 1 : stop + 1].tolist(),
                counts[first:stop].tolist(),
                strict=True,
            )


@dataclass(frozen=True, slots=True)
class HistogramChunk:
    """Histograms of the gradient of every layer that has parameters, at some recorded steps."""

    layers: tuple[str, ...]
    """[L] names in depth order."""
    steps: NDArray[np.int64]
    """[n], ascending, n ≥ 1."""
    times: NDArray[np.float64]
    """[n] seconds since the epoch."""
    counts: NDArray[np.int32]
    """[n, L, COLUMNS]"""
    every: int = 1
    """Optimizer steps between two recorded ones of this run."""

    def at(self, step: int, layer: str | None) -> Histogram:
        """The histogram of a step and layer; None: of all layers together. Raises `ValueError` for what is not here."""
        of_step = self.counts[self.steps.tolist().index(step)]
        chosen = of_step if layer is None else of_step[[self.layers.index(layer)]]
        return Histogram(chosen.sum(axis=0, dtype=np.int64))

    def encode(self) -> EncodedChunk:
        """The row to store. Its summary has the steps alone; bins that are empty in all of it are left out."""
        bins = self.counts[:, :, FIRST_BIN:NONFINITE]
        occupied = np.flatnonzero(bins.any(axis=(0, 1)))
        first, stop = (int(occupied[0]), int(occupied[-1]) + 1) if len(occupied) else (0, 1)
        arrays: dict[str, NDArray[np.generic]] = {
            "steps": self.steps,
            "times": self.times,
            "zeros": self.counts[:, :, ZEROS],
            "nonfinite": self.counts[:, :, NONFINITE],
            "first": np.array([first], np.int32),
            "bins": bins[:, :, first:stop],
        }
        return EncodedChunk(
            scope=SCOPE,
            metric=METRIC,
            first_step=int(self.steps[0]),
            last_step=int(self.steps[-1]),
            every=self.every,
            points=len(self.steps),
            data=pack(arrays, self.layers),
            summary=pack({"steps": self.steps}, self.layers),
        )


def decode(row: EncodedChunk) -> HistogramChunk:
    """The chunk that was encoded."""
    arrays, layers = unpack(row.data)
    steps = cast("NDArray[np.int64]", arrays["steps"])
    bins = cast("NDArray[np.int32]", arrays["bins"])
    counts = np.zeros((*bins.shape[:2], COLUMNS), np.int32)
    counts[:, :, ZEROS], counts[:, :, NONFINITE] = arrays["zeros"], arrays["nonfinite"]
    first = FIRST_BIN + int(arrays["first"][0])
    counts[:, :, first : first + bins.shape[2]] = bins
    return HistogramChunk(layers, steps, cast("NDArray[np.float64]", arrays["times"]), counts, row.every)


def steps_of(summary: bytes) -> tuple[list[int], tuple[str, ...]]:
    """The steps that a stored row has histograms of, and the layers."""
    arrays, layers = unpack(summary)
    return arrays["steps"].tolist(), layers


def nearest(steps: list[int], wanted: int | None) -> int:
    """Of `steps`, not empty, the one nearest to `wanted`, the earlier of two as near; None: the last."""
    return steps[-1] if wanted is None else min(steps, key=lambda step: (abs(step - wanted), step))
