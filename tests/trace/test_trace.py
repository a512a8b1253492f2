"""The trace of a run, as it grows."""

import numpy as np
import pytest

from service.trace.chunk import Chunk, Scope
from service.trace.trace import Series, Trace


def chunk(scope: Scope, metric: str, first: int, count: int) -> Chunk:
    steps = np.arange(first, first + count, dtype=np.int64)
    values = (steps[:, None] + np.array([0.25, 0.5])).astype(np.float32)
    return Chunk(scope, metric, ("a", "b"), steps, steps.astype(np.float64), values)


# The two metrics of one name are different series: `grad_norm` is a metric of layers and a curve.
CHUNKS = [
    chunk(scope, metric, first, count)
    for first, count in [(0, 3), (3, 1), (4, 5)]
    for scope, metric in [("layer", "grad_norm"), ("layer", "delta_norm"), ("curve", "grad_norm")]
]


@pytest.mark.parametrize("at_once", [1, 2, 4, len(CHUNKS)])
def test_it_holds_every_step_once_however_many_chunks_come_at_once(at_once: int) -> None:
    trace = Trace(rows=())
    for start in range(0, len(CHUNKS), at_once):
        trace = trace.extended(CHUNKS[start : start + at_once])
    assert (set(trace.metrics), set(trace.curves)) == ({"grad_norm", "delta_norm"}, {"grad_norm"})
    whole = chunk("layer", "grad_norm", 0, 9)
    for series in (*trace.metrics.values(), *trace.curves.values()):
        np.testing.assert_array_equal(series.steps, whole.steps)
        np.testing.assert_array_equal(series.values, whole.values)
        assert series.layers == ("a", "b")
        assert (series.steps.dtype, series.values.dtype) == (np.dtype(np.int64), np.dtype(np.float32))


def test_what_was_there_stays_as_it_was() -> None:
    first = Trace(rows=()).extended(CHUNKS[:3])
    first.extended(CHUNKS[3:])
    series: Series = first.metrics["grad_norm"]
    np.testing.assert_array_equal(series.steps, [0, 1, 2])
