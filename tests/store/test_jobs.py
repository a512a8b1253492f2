"""Looking jobs up, page by page."""

import random
from collections.abc import Sequence

import pytest
from sqlalchemy import select

from service.errors import NotFound
from service.jobs.cancel import cancel
from service.jobs.delete import delete
from service.store import jobs
from service.store.database import Database
from service.store.tables import Job, JobLabel
from tests.jobs.samples import claimed, job, queued

COLORS = ("red", "green")


Label = tuple[str, str]


def _pages(database: Database, limit: int, states: Sequence[str], labels: Sequence[Label]) -> list[list[str]]:
    pages, after = [], None
    while True:
        with database.reading() as session:
            page = jobs.list_page(session, states=states, labels=labels, limit=limit, after=after)
        pages.append([found.id for found in page.jobs])
        after = page.next_cursor
        if after is None:
            return pages


def _slowly(database: Database, states: Sequence[str], labels: Sequence[Label]) -> list[str]:
    with database.reading() as session:
        rows = list(session.scalars(select(Job)))
        known = {(row.job_id, row.key, row.value) for row in session.scalars(select(JobLabel))}
    kept = [
        row
        for row in rows
        if (not states or row.state in states) and all((row.id, *label) in known for label in labels)
    ]
    return [row.id for row in sorted(kept, key=lambda row: (int(row.created_at * 1000), row.id), reverse=True)]


def test_pages_are_the_sorted_list_cut_up(database: Database) -> None:
    draw = random.Random(7)
    for number in range(23):
        given = {"color": draw.choice(COLORS), "size": "1"} if draw.random() < 0.8 else {}
        job_id = queued(database, labels=given)
        if number % 3 == 0:
            claimed(database, job_id)
    red, large, wrong = ("color", "red"), ("size", "1"), ("color", "1")
    for states in ((), ("queued",), ("running", "failed"), ("failed",)):
        for labels in ((), (red,), (large,), (red, large), (wrong,), (red, wrong)):
            expected = _slowly(database, states, labels)
            for limit in (1, 4, 23, 100):
                pages = _pages(database, limit, states, labels)
                assert [job_id for page in pages for job_id in page] == expected
                assert all(len(page) == limit for page in pages[:-1])
                assert len(pages) == max(1, -(-len(expected) // limit))


def test_a_cursor_holds_its_place_while_jobs_come_and_go(database: Database) -> None:
    # Of the same millisecond, ids are in no particular order.
    ids = sorted(queued(database) for _ in range(6))
    with database.reading() as session:
        first = jobs.list_page(session, limit=2)
    assert [found.id for found in first.jobs] == [ids[5], ids[4]]
    queued(database)
    with database.transaction() as session:
        cancel(session, ids[4])
        delete(session, ids[4])
    with database.reading() as session:
        second = jobs.list_page(session, limit=2, after=first.next_cursor)
    assert [found.id for found in second.jobs] == [ids[3], ids[2]]


def test_what_is_not_there_is_not_found(database: Database) -> None:
    with database.reading() as session:
        with pytest.raises(NotFound, match="job_x"):
            jobs.get(session, "job_x")
        with pytest.raises(NotFound, match="job_x"):
            jobs.version(session, "job_x")


def test_the_version_is_that_of_the_job(database: Database) -> None:
    job_id = queued(database)
    claimed(database, job_id)
    with database.reading() as session:
        assert jobs.version(session, job_id) == jobs.get(session, job_id).version == 2
    assert job(database, job_id).state == "running"
