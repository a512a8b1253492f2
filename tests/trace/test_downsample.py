"""Views against a slow, obvious version, whatever the chunks and the range."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.trace.chunk import Chunk, EncodedChunk, decode
from service.trace.downsample import Aggregate, needs_numbers, view


def recorded(total: int, every: int, cuts: list[int], seed: int) -> tuple[np.ndarray, np.ndarray, list[EncodedChunk]]:
    draws = np.random.default_rng(seed)
    values = draws.lognormal(size=(total, 3)).astype(np.float32)
    values[draws.random(values.shape) < 0.02] = np.nan
    values[draws.random(values.shape) < 0.02] = np.inf
    values[:, 2] = np.nan if seed % 5 == 0 else values[:, 2]
    steps = np.arange(total, dtype=np.int64) * every
    edges = sorted({0, total, *(cut % total for cut in cuts)})
    chunks = [
        Chunk("layer", "grad_norm", ("a", "b", "c"), steps[i:j], steps[i:j] + 0.5, values[i:j], every).encode()
        for i, j in pairwise(edges)
    ]
    return steps, values, chunks


def slow(values: np.ndarray, agg: Aggregate) -> float:
    finite = [float(value) for value in values if np.isfinite(value)]
    if not finite:
        return float("nan")
    return {"max": max(finite), "min": min(finite), "mean": sum(finite) / len(finite), "last": finite[-1]}[agg]


@settings(max_examples=150, deadline=None)
@given(
    total=st.integers(1, 1500),
    every=st.sampled_from([1, 3, 10]),
    cuts=st.lists(st.integers(0, 1500), max_size=8),
    ends=st.tuples(st.integers(0, 15000), st.integers(0, 15000)),
    max_points=st.sampled_from([1, 2, 7, 50, 500]),
    agg=st.sampled_from(["max", "min", "mean", "last"]),
    seed=st.integers(0, 1000),
)
def test_equals_the_slow_version(
    total: int, every: int, cuts: list[int], ends: tuple[int, int], max_points: int, agg: Aggregate, seed: int
) -> None:
    steps, values, chunks = recorded(total, every, cuts, seed)
    first, last = min(ends), max(ends)
    seen = view(chunks, first=first, last=last, max_points=max_points, agg=agg)
    inside = (steps >= first) & (steps <= last)
    assert seen.source_points == inside.sum()
    assert len(seen.steps) <= max_points
    if not inside.any():
        return
    buckets = steps[inside] // seen.bucket_steps
    for point, bucket in enumerate(np.unique(buckets)):
        chosen = values[inside][buckets == bucket]
        assert seen.steps[point] == steps[inside][buckets == bucket][0]
        for layer in range(3):
            assert seen.nonfinite[point, layer] == np.sum(~np.isfinite(chosen[:, layer]))
            np.testing.assert_allclose(seen.values[point, layer], slow(chosen[:, layer], agg), rtol=1e-12)


@pytest.mark.parametrize("agg", ["max", "min", "mean", "last"])
def test_wide_views_read_summaries_and_not_numbers(agg: Aggregate) -> None:
    _, _, chunks = recorded(20_000, 1, list(range(0, 20_000, 77)), seed=1)
    exact = view(chunks, first=0, last=19_999, max_points=100, agg=agg)
    starved = [
        chunk if needs_numbers(chunk, exact.bucket_steps, 0, 19_999) else replace(chunk, data=b"") for chunk in chunks
    ]
    assert not any(chunk.data for chunk in starved)
    np.testing.assert_array_equal(view(starved, first=0, last=19_999, max_points=100, agg=agg).values, exact.values)


def test_a_spike_of_one_step_and_a_single_nan_survive() -> None:
    values = np.ones((100_000, 1), np.float32)
    values[54_321], values[77_777] = 1e9, np.nan
    steps = np.arange(100_000, dtype=np.int64)
    chunks = [
        Chunk("layer", "grad_norm", ("a",), steps[i : i + 256], steps[i : i + 256] * 1.0, values[i : i + 256]).encode()
        for i in range(0, 100_000, 256)
    ]
    seen = view(chunks, first=0, last=99_999, max_points=10)
    assert seen.values.max() == np.float32(1e9)
    assert seen.nonfinite.sum() == 1


def test_a_chunk_comes_back_as_it_was() -> None:
    values = np.array([[1.0, np.nan], [1e-45, -np.inf]], np.float32)
    chunk = Chunk("curve", "löss", ("ein", "zwei"), np.array([3, 9]), np.array([0.25, 0.5]), values, every=3)
    back = decode(chunk.encode())
    assert (back.scope, back.metric, back.layers, back.every) == ("curve", "löss", ("ein", "zwei"), 3)
    np.testing.assert_array_equal(back.steps, chunk.steps)
    np.testing.assert_array_equal(back.times, chunk.times)
    np.testing.assert_array_equal(back.values, values)


def test_layers_are_chosen_in_depth_order() -> None:
    _, _, chunks = recorded(10, 1, [], seed=1)
    chosen = view(chunks, first=0, last=9, max_points=10).of_layers({"c", "a"})
    assert chosen.layers == ("a", "c")
    assert chosen.values.shape == (10, 2)


@pytest.mark.parametrize("max_points", [3, 1000])
@pytest.mark.parametrize("wanted", [{"c", "a"}, {"b", "absent"}])
def test_looking_at_some_layers_alone_sees_the_same(max_points: int, wanted: set[str]) -> None:
    _, _, chunks = recorded(1000, 1, [100, 612], seed=2)
    for agg in ("max", "min", "mean", "last"):
        bounds: Any = {"first": 5, "last": 990, "max_points": max_points, "agg": agg}
        alone, chosen = view(chunks, **bounds, layers=wanted), view(chunks, **bounds).of_layers(wanted)
        assert (alone.layers, alone.source_points) == (chosen.layers, chosen.source_points)
        np.testing.assert_array_equal(alone.values, chosen.values)
        np.testing.assert_array_equal(alone.nonfinite, chosen.nonfinite)


def test_layers_that_are_not_there_leave_all_to_be_seen() -> None:
    _, _, chunks = recorded(10, 1, [], seed=1)
    assert view(chunks, first=0, last=9, max_points=10, layers={"absent"}).layers == ("a", "b", "c")


def test_nothing_recorded_is_an_empty_view() -> None:
    assert len(view([], first=0, last=10, max_points=5).steps) == 0
