"""A view of a series in the four shapes clients ask for. Pure: what goes in is the view, what comes out is bytes."""

import csv
import io
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import orjson
from numpy.typing import NDArray

from service.trace.downsample import View
from service.trace.metrics import Metric
from service.trace.time_axis import TimeColumn

TimeAxis = Mapping[str, TimeColumn]
"""Where columns sit that are time steps of recurrent layers, by name."""
_SIGNIFICANT_DIGITS = 4
# The largest number of so many digits that float32 holds: rounded up, the largest of all would become infinite.
_LARGEST = 3.402e38


def log10(view: View) -> View:
    """The view on a log scale; what is not positive has no logarithm and becomes null."""
    positive = view.values > 0
    return replace(view, values=np.log10(view.values, out=np.full(view.values.shape, np.nan), where=positive))


def sampling(view: View, agg: str) -> str:
    """How the view was made, for the `X-Sampling` header: a downsampled picture must say that it is one."""
    points = len(view.steps)
    return f"agg={agg}; bucket_steps={view.bucket_steps}; points={points}; source_points={view.source_points}"


def columns(view: View, metric: Metric, agg: str, attempt: int, axis: TimeAxis | None = None) -> bytes:
    """One object with a series for each layer: for dashboards and notebooks. `axis`: of a metric through time."""
    document = {
        "metric": metric.name,
        "unit": metric.unit,
        "agg": agg,
        "attempt": attempt,
        "bucket_steps": view.bucket_steps,
        "source_points": view.source_points,
        "steps": view.steps,
        "layers": view.layers,
        **({} if axis is None else _time(view, axis)),
        "values": np.ascontiguousarray(view.values.T.astype(np.float32)),
        "nonfinite": np.ascontiguousarray(view.nonfinite.T),
    }
    return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)


def _time(view: View, axis: TimeAxis) -> dict[str, list[str] | list[int]]:
    at = [axis[name] for name in view.layers]
    return {"of_layer": [column.layer for column in at], "times": [column.time for column in at]}


def wide(view: View) -> bytes:
    """A root array with a row for each step and a column for each layer: for Grafana.

    A column without any number is left out: Grafana would take it for text. Without any column there are no rows
    either, for a panel cannot draw steps alone.
    """
    kept = np.asarray(np.isfinite(view.values).any(axis=0))
    if not kept.any():
        return b"[]"
    names = [name for name, keep in zip(view.layers, kept.tolist(), strict=True) if keep]
    rows = [
        {"step": step, "time": time, **dict(zip(names, row, strict=True))}
        for step, time, row in zip(view.steps.tolist(), _times(view), _cells(view.values[:, kept]), strict=True)
    ]
    return orjson.dumps(rows, option=orjson.OPT_SERIALIZE_NUMPY)


def long(view: View, depths: Mapping[str, int]) -> bytes:
    """A root array with a row for each step and layer: for SQL and data frames. `depths`: layer → depth."""
    rows = [
        {"step": step, "time": time, "layer": layer, "depth": depths[layer], "value": cell}
        for step, time, row in zip(view.steps.tolist(), _times(view), _cells(view.values), strict=True)
        for layer, cell in zip(view.layers, row, strict=True)
    ]
    return orjson.dumps(rows, option=orjson.OPT_SERIALIZE_NUMPY)


def table(view: View) -> str:
    """CSV with a header, a row for each step and a column for each layer; an empty cell where there is no number."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["step", "time", *view.layers])
    for step, time, row in zip(view.steps.tolist(), _times(view), _cells(view.values), strict=True):
        writer.writerow([step, time, *("" if np.isnan(cell) else str(cell) for cell in row)])
    return text.getvalue()


def _times(view: View) -> list[str]:
    milliseconds = np.round(view.times * 1000).astype("datetime64[ms]")
    return [f"{text}Z" for text in np.datetime_as_string(milliseconds).tolist()]


def _cells(values: NDArray[np.float64]) -> list[list[np.float32]]:
    """Rows of numbers with four significant digits: a screen shows no more, and the text is less than half as long."""
    good = np.isfinite(values)
    exponent = np.floor(np.log10(np.abs(values), out=np.zeros(values.shape), where=good & (values != 0)))
    unit = 10.0 ** (exponent - (_SIGNIFICANT_DIGITS - 1))
    rounded = np.round(np.divide(values, unit, out=np.full(values.shape, np.nan), where=good)) * unit
    # The shortest text that reads back as the same float32 has no more digits than were kept; NaN is written as null.
    return [list(row) for row in np.clip(rounded, -_LARGEST, _LARGEST).astype(np.float32)]
