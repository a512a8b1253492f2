"""NPZ: arrays by the names of their metrics, read by `numpy.load` without unpickling anything."""

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from service.exports.archive import Archive
from service.exports.blocks import Block, blocks, is_whole
from service.exports.order import Order
from service.exports.recording import Recording, Series
from service.exports.tables import FINDINGS, LAYERS, Row, finding_rows, job_json, layer_rows
from service.trace import histogram
from service.trace.time_axis import METRIC as TIME_METRIC
from service.trace.time_axis import time_axis


def write(recording: Recording, order: Order, file: BinaryIO) -> None:
    """Arrays `<metric>` [steps, layers] with `<metric>.steps`, `.time` (seconds since the epoch) and `.layers`; curves
    as `curve.<metric>` [steps]; histograms; tables as `layers.<column>` and `findings.<column>`; the job as JSON.

    Whole series hold NaN and infinities where they were recorded; series made smaller have `<metric>.nonfinite`.
    """
    with Archive(file, recording.job.created_at) as archive:
        for series in recording.series():
            _series(archive, recording, series, order.max_points)
        for series in recording.of("histogram"):
            _histograms(archive, recording, series)
        _table(archive, "layers", LAYERS, layer_rows(recording))
        _table(archive, "findings", FINDINGS, finding_rows(recording))
        _put(archive, "job", np.array(job_json(recording)))


def _series(archive: Archive, recording: Recording, series: Series, max_points: int) -> None:
    name = f"curve.{series.metric}" if series.scope == "curve" else series.metric
    found = blocks(recording, series, max_points)
    grid = _whole if is_whole(series, max_points) else _smaller
    steps, times, layers = grid(archive, name, series, found)
    _put(archive, f"{name}.steps", steps)
    _put(archive, f"{name}.time", times)
    if series.scope != "curve":
        _put(archive, f"{name}.layers", np.array(layers))
    if series.metric == TIME_METRIC:
        axis = {column.name: (column.layer, column.time) for column in time_axis(recording.placed)}
        # A column that another release named otherwise is still worth its numbers.
        places = [axis.get(layer, ("", -1)) for layer in layers]
        _put(archive, f"{name}.of_layer", np.array([layer for layer, _ in places]))
        _put(archive, f"{name}.times", np.array([time for _, time in places], np.int64))


_Grid = tuple[NDArray[np.int64], NDArray[np.float64], tuple[str, ...]]


def _whole(archive: Archive, name: str, series: Series, found: Iterator[Block]) -> _Grid:
    """Writes the numbers as they come: a trace may be larger than memory."""
    first = next(found)
    steps, times = [], []
    with archive.member(f"{name}.npy") as file:
        shape = _shape(series, series.points, len(first.layers))
        npy.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        for block in chain([first], found):
            file.write(np.ascontiguousarray(block.values, "<f4").tobytes())
            steps.append(block.steps)
            times.append(block.times)
    return np.concatenate(steps), np.concatenate(times), first.layers


def _smaller(archive: Archive, name: str, series: Series, found: Iterator[Block]) -> _Grid:
    """Holds all of it until it is written: how many points there are is known at the end, and they are few."""
    parts = list(found)
    steps = np.concatenate([part.steps for part in parts])
    shape = _shape(series, len(steps), len(parts[0].layers))
    _put(archive, name, np.concatenate([part.values for part in parts]).reshape(shape))
    _put(archive, f"{name}.nonfinite", np.concatenate([part.nonfinite for part in parts]).reshape(shape))
    return steps, np.concatenate([part.times for part in parts]), parts[0].layers


def _shape(series: Series, points: int, layers: int) -> tuple[int, ...]:
    return (points,) if series.scope == "curve" else (points, layers)


def _histograms(archive: Archive, recording: Recording, series: Series) -> None:
    """`histogram` [steps, layers, columns] counts: exact zeros, the bins between `histogram.edges`, not finite ones."""
    chunks = [histogram.decode(row) for row in recording.rows(series)]
    _put(archive, "histogram", np.concatenate([chunk.counts for chunk in chunks]))
    _put(archive, "histogram.edges", histogram.EDGES)
    _put(archive, "histogram.steps", np.concatenate([chunk.steps for chunk in chunks]))
    _put(archive, "histogram.time", np.concatenate([chunk.times for chunk in chunks]))
    _put(archive, "histogram.layers", np.array(chunks[0].layers))


def _table(archive: Archive, name: str, columns: tuple[str, ...], rows: list[Row]) -> None:
    for index, column in enumerate(columns):
        _put(archive, f"{name}.{column}", _column([row[index] for row in rows]))


def _column(values: list[str | int | float | None]) -> NDArray[np.generic]:
    """Numbers, or texts; what is missing is NaN, or an empty text."""
    if any(isinstance(value, str) for value in values):
        return np.array([value or "" for value in values])
    if any(value is None or isinstance(value, float) for value in values):
        return np.array([np.nan if value is None else value for value in values], np.float64)
    return np.array(values, np.int64)


def _put(archive: Archive, name: str, array: NDArray[np.generic]) -> None:
    with archive.member(f"{name}.npy") as file:
        npy.write_array(file, array, allow_pickle=False)
