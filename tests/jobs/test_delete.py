"""Deleting."""

import pytest

from service.errors import JobActive, NotFound
from service.jobs.cancel import cancel
from service.jobs.delete import delete
from service.jobs.finish import cancelled
from service.store.database import Database
from tests.jobs.samples import chunk, claimed, everything, flushed, queued, running


def test_nothing_of_the_job_is_left_and_all_of_the_others(database: Database) -> None:
    kept = running(database)
    flushed(database, kept, 3, chunk(0, 3))
    before = everything(database)
    gone = claimed(database, queued(database, labels={"a": "1"}))
    flushed(database, gone, 3, chunk(0, 3))
    with database.transaction() as session:
        cancelled(session, gone)
    with database.transaction() as session:
        delete(session, gone.job_id)
    assert everything(database) == before


def test_an_active_job_is_not_deleted(database: Database) -> None:
    waiting, held = queued(database), running(database)
    with database.transaction() as session:
        cancel(session, held.job_id)
    before = everything(database)
    for job_id in (waiting, held.job_id):
        with pytest.raises(JobActive), database.transaction() as session:
            delete(session, job_id)
    with pytest.raises(NotFound), database.transaction() as session:
        delete(session, "job_x")
    assert everything(database) == before
