"""The trace of a run, as rules read it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from service.spec.network import LayerRow
from service.trace.chunk import Chunk


@dataclass(frozen=True, slots=True)
class Series:
    """One metric over steps and layers. NaN and infinities are data."""

    steps: NDArray[np.int64]
    """[T], ascending."""
    layers: tuple[str, ...]
    """[L] names in depth order; one empty name for a curve."""
    values: NDArray[np.float32]
    """[T, L]"""

    def of(self, layer: str) -> NDArray[np.float32]:
        """[T] values of one layer. Raises `ValueError` for a layer this metric is not recorded for."""
        return self.values[:, self.layers.index(layer)]

    def extended(self, steps: NDArray[np.int64], values: NDArray[np.float32]) -> "Series":
        """This series with later steps behind it."""
        return replace(self, steps=np.concatenate([self.steps, steps]), values=np.concatenate([self.values, values]))


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything recorded of a run so far."""

    rows: tuple[LayerRow, ...]
    metrics: Mapping[str, Series] = field(default_factory=dict)
    curves: Mapping[str, Series] = field(default_factory=dict)

    def extended(self, chunks: Iterable[Chunk]) -> "Trace":
        """This trace with the steps of `chunks` behind it."""
        series = {"layer": dict(self.metrics), "curve": dict(self.curves)}
        for chunk in chunks:
            known = series[chunk.scope].get(chunk.metric)
            series[chunk.scope][chunk.metric] = (
                known.extended(chunk.steps, chunk.values) if known else Series(chunk.steps, chunk.layers, chunk.values)
            )
        return replace(self, metrics=series["layer"], curves=series["curve"])
