"""Chunks of traces: what was written is what is read, in any range."""

import random
from dataclasses import astuple

import numpy as np
import pytest

from service.store import traces
from service.store.database import Database
from service.trace.chunk import Chunk, decode
from service.trace.downsample import view
from tests.jobs.samples import chunk, queued


def _stored(database: Database, *chunks: Chunk) -> str:
    job_id = queued(database)
    with database.transaction() as session:
        traces.append(session, job_id, 1, [one.encode() for one in chunks])
    return job_id


def test_a_chunk_comes_back_as_it_was(database: Database) -> None:
    written = [chunk(0, 70), chunk(70, 5), chunk(75, 1)]
    job_id = _stored(database, *written, chunk(0, 9, metric="grad_max"), chunk(0, 9, scope="curve", layers=1))
    with database.reading() as session:
        rows = traces.read(session, job_id, "layer", "grad_norm")
    assert rows == [one.encode() for one in written]
    for row, one in zip(rows, written, strict=True):
        np.testing.assert_array_equal(decode(row).values, one.values)
        np.testing.assert_array_equal(decode(row).steps, one.steps)
        np.testing.assert_array_equal(decode(row).times, one.times)


def test_a_range_is_every_chunk_that_touches_it(database: Database) -> None:
    written = [chunk(start, 10) for start in range(0, 50, 10)]
    job_id = _stored(database, *written)
    with database.reading() as session:
        for first in (None, *range(-2, 55, 3)):
            for last in (None, *range(-2, 55, 3)):
                found = traces.read(session, job_id, "layer", "grad_norm", first, last)
                expected = [
                    one.encode().first_step
                    for one in written
                    if (first is None or one.steps[-1] >= first) and (last is None or one.steps[0] <= last)
                ]
                assert [row.first_step for row in found] == expected


def test_a_chunk_that_is_there_already_is_left_alone(database: Database) -> None:
    job_id = _stored(database, chunk(0, 4))
    with database.transaction() as session:
        traces.append(session, job_id, 1, [chunk(0, 4).encode(), chunk(4, 4).encode()])
        traces.append(session, job_id, 1, [])
    with database.reading() as session:
        assert [row.first_step for row in traces.read(session, job_id, "layer", "grad_norm")] == [0, 4]


def test_a_view_needs_no_more_than_is_read_for_it(database: Database) -> None:
    draw = random.Random(3)
    every, starts, written = 2, [0], []
    while starts[-1] < 3000:
        points = draw.choice([1, 7, 64, 100, 256])
        written.append(chunk(starts[-1], points, every=every))
        starts.append(starts[-1] + points * every)
    job_id = _stored(database, *written)
    whole = [one.encode() for one in written]
    unread = 0
    with database.reading() as session:
        for _ in range(60):
            first, last = sorted(draw.sample(range(starts[-1]), 2))
            most = draw.choice([2, 5, 20, 500])
            rows = traces.read_for_view(session, job_id, "layer", "grad_norm", first=first, last=last, max_points=most)
            unread += sum(not row.data for row in rows)
            assert all(bool(row.data) != bool(row.summary) for row in rows)
            seen = view(rows, first=first, last=last, max_points=most)
            for left, right in zip(
                astuple(seen), astuple(view(whole, first=first, last=last, max_points=most)), strict=True
            ):
                np.testing.assert_array_equal(left, right)
    assert unread > 50


def test_a_view_of_nothing_is_empty(database: Database) -> None:
    with database.reading() as session:
        assert traces.read_for_view(session, "job_x", "layer", "grad_norm", first=0, last=9, max_points=5) == []


@pytest.mark.parametrize("scope", ["layer", "curve"])
def test_the_ends_are_the_first_and_the_last_chunk(database: Database, scope: str) -> None:
    job_id = _stored(
        database,
        *(chunk(start, 10, metric="b") for start in (0, 10, 20)),
        chunk(0, 10, metric="a"),
        chunk(0, 10, metric="c", scope="curve"),
    )
    with database.reading() as session:
        found = [(row.metric, row.first_step) for row in traces.ends(session, job_id, scope)]  # type: ignore[arg-type]
        present = traces.metrics(session, job_id, scope)  # type: ignore[arg-type]
    assert found == ([("a", 0), ("b", 0), ("b", 20)] if scope == "layer" else [("c", 0)])
    assert present == (["a", "b"] if scope == "layer" else ["c"])


def test_the_ends_of_nothing_are_none(database: Database) -> None:
    with database.reading() as session:
        assert traces.ends(session, "job_x", "layer") == []
