"""Bins, what they say of float16, and the bytes that are stored."""

import numpy as np
import pytest
from numpy.typing import NDArray

from service.trace import chunk
from service.trace.histogram import BINS, COLUMNS, EDGES, HistogramChunk, decode, nearest, steps_of
from tests.worker.slow_histogram import counted

LAYERS = ("00 linear", "02 linear")
HALF_BOUNDS = [2.0**-25, np.nextafter(2.0**-25, 1), 2.0**-24, 2.0**-14, 1.0, 65504.0]


def histograms(first: int, values: NDArray[np.float64], every: int = 5) -> HistogramChunk:
    """Of `values` [n, L, entries]."""
    steps = first + every * np.arange(len(values))
    counts = np.array([[counted(layer) for layer in step] for step in values], np.int32)
    return HistogramChunk(LAYERS, steps, 0.5 + steps, counts, every)


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(0).normal(size=(3, 2, 50)) * 1e-6,
        np.zeros((2, 2, 4)),
        np.array([[[np.nan, np.inf], [0.0, np.nan]]]),
        np.array([[[1e-45, 3.4e38, -1e-45], [0.0, 1.0, np.inf]]]),
    ],
    ids=["usual", "zeros", "no numbers", "both ends"],
)
def test_a_chunk_comes_back_as_it_was(values: NDArray[np.float64]) -> None:
    written = histograms(10, values)
    row = written.encode()
    read = decode(row)
    for name in ("layers", "steps", "times", "counts", "every"):
        np.testing.assert_array_equal(getattr(read, name), getattr(written, name), err_msg=name)
    assert (row.scope, row.first_step, row.last_step, row.points) == ("histogram", 10, written.steps[-1], len(values))
    assert steps_of(row.summary) == (written.steps.tolist(), LAYERS)


def test_empty_bins_take_no_room() -> None:
    usual = histograms(0, np.random.default_rng(0).normal(size=(20, 2, 500)))
    assert len(usual.encode().data) < usual.counts.nbytes / 5


def test_histograms_are_no_series() -> None:
    with pytest.raises(ValueError, match="no series"):
        chunk.decode(histograms(0, np.ones((1, 2, 1))).encode())


def test_rows_run_without_gaps_from_the_lowest_occupied_bin_to_the_highest() -> None:
    found = histograms(0, np.array([[[0.75, 0.6, -3.0, 0.0, np.nan], [1e-3, 0, 0, 0, 0]]])).at(0, "00 linear")
    lows, highs, counts = zip(*found.rows(), strict=True)
    np.testing.assert_allclose(lows, np.log10([0.5, 1, 2]), atol=1e-12)
    np.testing.assert_allclose(highs, np.log10([1, 2, 4]), atol=1e-12)
    assert counts == (2, 0, 1)
    assert (found.entries, found.zeros, found.nonfinite) == (5, 1, 1)


def test_nothing_but_zeros_has_no_rows() -> None:
    assert list(histograms(0, np.zeros((1, 2, 3))).at(0, None).rows()) == []


def test_all_layers_add_up() -> None:
    values = np.random.default_rng(1).normal(size=(2, 2, 100))
    both = histograms(0, values)
    for step, at in enumerate((0, 5)):
        np.testing.assert_array_equal(both.at(at, None).counts, counted(values[step].ravel()))
        np.testing.assert_array_equal(both.at(at, LAYERS[1]).counts, counted(values[step, 1]))


def test_underflow_is_what_float16_makes_zero_of() -> None:
    exponents = np.random.default_rng(2).uniform(-30, 5, 2000)
    values = np.concatenate([2.0**exponents, HALF_BOUNDS, [0.0, np.inf]]).astype(np.float32)
    with np.errstate(over="ignore"):
        flushed = np.isfinite(values) & (values != 0) & (values.astype(np.float16) == 0)
    found = HistogramChunk(("a",), np.array([0]), np.array([0.0]), counted(values)[None, None].astype(np.int32))
    assert found.at(0, "a").underflow_float16 == flushed.sum() > 100


def test_every_float32_has_a_bin() -> None:
    assert EDGES[0] < np.log10(2.0**-149) <= EDGES[1]
    assert EDGES[-2] < np.log10(float(np.finfo(np.float32).max)) <= EDGES[-1]
    assert (len(EDGES), COLUMNS) == (BINS + 1, BINS + 2)


@pytest.mark.parametrize(
    ("wanted", "shown"), [(None, 30), (0, 0), (4, 0), (5, 0), (6, 10), (25, 20), (99, 30), (2**53, 30)]
)
def test_the_nearest_step_is_shown(wanted: int | None, shown: int) -> None:
    assert nearest([0, 10, 20, 30], wanted) == shown
