"""The wide layout at its edges, on views made by hand."""

import numpy as np
import orjson

from service.api.layouts import wide
from service.trace.downsample import View


def view(values: list[list[float]]) -> View:
    """Layers over as many steps as there are rows."""
    numbers = np.array(values, dtype=np.float32).astype(np.float64)
    good = np.isfinite(numbers)
    steps = np.arange(len(values))
    times = 1.79e9 + steps.astype(np.float64)
    layers = tuple(f"{depth:02} linear" for depth in range(numbers.shape[1]))
    return View(steps, times, np.where(good, numbers, np.nan), (~good).astype(np.int64), layers, 1, len(steps))


def test_steps_without_any_number_are_no_rows() -> None:
    assert wide(view([[np.nan, np.inf], [np.nan, np.nan]])) == b"[]"


def test_a_layer_without_any_number_is_no_column() -> None:
    rows = orjson.loads(wide(view([[np.nan, 1.0], [np.nan, np.nan]])))
    assert [set(row) for row in rows] == [{"step", "time", "01 linear"}] * 2
    assert [row["01 linear"] for row in rows] == [1.0, None]


def test_the_largest_numbers_stay_numbers_when_they_are_rounded() -> None:
    largest = float(np.finfo(np.float32).max)
    (row,) = orjson.loads(wide(view([[largest, -largest]])))
    assert (row["00 linear"], row["01 linear"]) == (3.402e38, -3.402e38)


def test_the_smallest_numbers_stay_themselves() -> None:
    smallest = float(np.finfo(np.float32).smallest_subnormal)
    (row,) = orjson.loads(wide(view([[smallest, 1.23456e-20]])))
    assert (np.float32(row["00 linear"]), row["01 linear"]) == (np.float32(smallest), 1.235e-20)
