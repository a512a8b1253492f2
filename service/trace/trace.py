"""The trace of a run, as rules read it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from service.spec.network import LayerRow
from service.trace.chunk import Chunk, Scope


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

    def extended(self, chunks: Sequence[Chunk]) -> "Series":
        """This series with the steps of later chunks behind it."""
        steps = np.concatenate([self.steps, *(chunk.steps for chunk in chunks)])
        return replace(self, steps=steps, values=np.concatenate([self.values, *(chunk.values for chunk in chunks)]))


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything recorded of a run so far."""

    rows: tuple[LayerRow, ...]
    metrics: Mapping[str, Series] = field(default_factory=dict)
    curves: Mapping[str, Series] = field(default_factory=dict)

    def extended(self, chunks: Iterable[Chunk]) -> "Trace":
        """This trace with the steps of `chunks` behind it. Copies all of it: call it for many chunks at once."""
        series = {"layer": dict(self.metrics), "curve": dict(self.curves)}
        grown: dict[tuple[Scope, str], list[Chunk]] = {}
        for chunk in chunks:
            grown.setdefault((chunk.scope, chunk.metric), []).append(chunk)
        for (scope, metric), parts in grown.items():
            nothing = Series(parts[0].steps[:0], parts[0].layers, parts[0].values[:0])
            series[scope][metric] = series[scope].get(metric, nothing).extended(parts)
        return replace(self, metrics=series["layer"], curves=series["curve"])
