"""How much of a run is recorded."""

from collections.abc import Sequence

from service.spec.network import PlacedLayer
from service.spec.run import RunSpec
from service.trace.metrics import CURVES, METRICS
from service.trace.time_axis import METRIC as TIME_METRIC
from service.trace.time_axis import time_column_count

_VALUE_BYTES, _STAMP_BYTES = 4, 16
"""A recorded number; the step and the time that stand beside the numbers of each metric."""
_LAYER_METRICS = [name for name in METRICS if name != TIME_METRIC]


def trace_bytes(run: RunSpec, placed: Sequence[PlacedLayer]) -> int:
    """Most bytes of numbers that a run records: every metric of every layer, though some have fewer."""
    points = -(-run.total_steps // run.trace.every)
    columns = len(placed) * len(_LAYER_METRICS) + time_column_count(placed) + len(CURVES)
    series = len(_LAYER_METRICS) + len(CURVES) + 1
    return points * (columns * _VALUE_BYTES + series * _STAMP_BYTES)
