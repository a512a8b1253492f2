"""How much of a run is recorded."""

from collections.abc import Sequence

from service.spec.network import PlacedLayer
from service.spec.run import RunSpec
from service.trace import histogram
from service.trace.metrics import CURVES, METRICS
from service.trace.time_axis import METRIC as TIME_METRIC
from service.trace.time_axis import time_column_count

_VALUE_BYTES, _STAMP_BYTES = 4, 16
"""A recorded number; the step and the time that stand beside the numbers of each metric."""
_LAYER_METRICS = [name for name in METRICS if name != TIME_METRIC]


def trace_bytes(run: RunSpec, placed: Sequence[PlacedLayer]) -> int:
    """Most bytes of numbers that a run records: every metric of every layer, though some have fewer, and every bin of
    its histograms, though most are empty and left out."""
    return _series_bytes(run, placed) + histogram_bytes(run, placed)


def histogram_bytes(run: RunSpec, placed: Sequence[PlacedLayer]) -> int:
    """The part of it that histograms take."""
    interval = run.trace.histogram_interval(run.total_steps)
    if not interval:
        return 0
    # One behind the last interval, of the last step.
    taken = min(-(-run.total_steps // interval) + 1, -(-run.total_steps // run.trace.every))
    layers = sum(bool(layer.parameters) for layer in placed)
    return taken * (layers * histogram.COLUMNS * _VALUE_BYTES + _STAMP_BYTES)


def _series_bytes(run: RunSpec, placed: Sequence[PlacedLayer]) -> int:
    points = -(-run.total_steps // run.trace.every)
    columns = len(placed) * len(_LAYER_METRICS) + time_column_count(placed) + len(CURVES)
    series = len(_LAYER_METRICS) + len(CURVES) + 1
    return points * (columns * _VALUE_BYTES + series * _STAMP_BYTES)
