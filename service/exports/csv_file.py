"""CSV: one table, with a header, in UTF-8. The table of the trace is tidy: a row for each number."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

import orjson

from service.exports import cells
from service.exports.blocks import Block, blocks
from service.exports.histograms import histograms
from service.exports.order import Order
from service.exports.recording import Recording
from service.exports.tables import FINDINGS, LAYERS, Row, depths, finding_rows, layer_rows, time_texts

TRACE = ("step", "time", "metric", "layer", "depth", "value", "nonfinite")
HISTOGRAMS = ("step", "time", "layer", "kind", "lo", "hi", "count")


def write(recording: Recording, order: Order, file: BinaryIO) -> None:
    """The table that is ordered.

    Of the trace, `layer` and `depth` are empty in curves, which are of the whole network. `value` is empty where there
    is no finite number, and `nonfinite` counts the NaN and infinities that the row stands for.
    """
    match order.table:
        case "trace":
            file.write(cells.line(TRACE))
            file.writelines(_trace(recording, order.max_points))
        case "histograms":
            _table(file, HISTOGRAMS, _bins(recording))
        case "layers":
            _table(file, LAYERS, iter(layer_rows(recording)))
        case "findings":
            _table(file, FINDINGS, iter(finding_rows(recording)))


def _table(file: BinaryIO, header: tuple[str, ...], rows: Iterator[Row]) -> None:
    file.write(cells.line(header))
    file.writelines(map(cells.line, rows))


def _trace(recording: Recording, max_points: int) -> Iterator[bytes]:
    places = depths(recording)
    for series in recording.series():
        for block in blocks(recording, series, max_points):
            yield _lines(block, series.metric, places)


def _lines(block: Block, metric: str, places: Mapping[str, int]) -> bytes:
    """The rows of a block. A trace has millions: numbers become text all at once, and rows are put together of it."""
    columns = [f",{metric},{cells.text(layer)},{places.get(layer, '')},".encode() for layer in block.layers]
    # The shortest text that reads back as the same float32; null for what is not finite.
    values = orjson.dumps(block.values.ravel(), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].split(b",")
    if block.nonfinite.any():
        counts = [b",%d\n" % count for count in block.nonfinite.ravel().tolist()]
        values = [b"" if value == b"null" else value for value in values]
    else:
        counts = [b",0\n"] * len(values)
    moments = zip(block.steps.tolist(), time_texts(block.times), strict=True)
    starts = [f"{step},{time}".encode() for step, time in moments]
    heads = [start + column for start in starts for column in columns]
    return b"".join([part for row in zip(heads, values, counts, strict=True) for part in row])


def _bins(recording: Recording) -> Iterator[Row]:
    """A row for each bin, for the exact zeros, and for NaN and infinities; only bins have edges."""
    for found in histograms(recording):
        start: Row = (found.step, found.time, found.layer)
        yield (*start, "zeros", None, None, found.histogram.zeros)
        yield from ((*start, "bin", lo, hi, count) for lo, hi, count in found.histogram.rows())
        yield (*start, "nonfinite", None, None, found.histogram.nonfinite)
