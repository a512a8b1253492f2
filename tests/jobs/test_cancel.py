"""Cancelling, and racing for the end."""

from functools import partial

import pytest

from service.errors import JobEnded, NotFound
from service.jobs.cancel import cancel
from service.jobs.claim import Claim, claim
from service.jobs.finish import succeed
from service.jobs.result import Result
from service.jobs.state import State
from service.store import events
from service.store.database import Database
from service.store.tables import Job
from tests.jobs.diagnoses import HEALTHY
from tests.jobs.races import HEAD_STARTS, race
from tests.jobs.samples import LEASE, everything, job, queued, running

RESULT = Result(0.1, 0.9, 0.2, 0.8, 0.05)


def _cancel(database: Database, job_id: str) -> Job:
    with database.transaction() as session:
        return cancel(session, job_id)


def _claim(database: Database, job_id: str) -> Claim | None:
    with database.transaction() as session:
        return claim(session, job_id, worker_id="w", device="cpu", lease_seconds=LEASE)


def test_a_queued_job_ends_at_once_and_never_starts(database: Database) -> None:
    job_id = queued(database)
    told = _cancel(database, job_id)
    assert (told.state, told.version) == ("cancelled", 2)
    assert told.cancel_requested_at is not None
    assert told.cancel_requested_at == told.finished_at
    assert _claim(database, job_id) is None
    with database.reading() as session:
        assert [event.kind for event in events.after(session, job_id, 0)] == ["state", "state", "done"]


def test_a_running_job_is_asked_once(database: Database) -> None:
    held = running(database)
    first = _cancel(database, held.job_id)
    assert (first.state, first.version) == ("running", 3)
    assert first.cancel_requested_at is not None
    again = _cancel(database, held.job_id)
    assert (again.version, again.cancel_requested_at) == (3, first.cancel_requested_at)


def test_what_has_ended_stays_as_it_is(database: Database) -> None:
    job_id, held = queued(database), running(database)
    _cancel(database, job_id)
    with database.transaction() as session:
        succeed(session, held, RESULT, HEALTHY)
    before = everything(database)
    for ended in (job_id, held.job_id):
        with pytest.raises(JobEnded):
            _cancel(database, ended)
    with pytest.raises(NotFound):
        _cancel(database, "job_x")
    assert everything(database) == before


@pytest.mark.parametrize("late", HEAD_STARTS)
def test_a_cancel_that_races_the_finish_tells_the_truth(database: Database, late: float) -> None:
    held = running(database)

    def finish() -> State:
        with database.transaction() as session:
            return succeed(session, held, RESULT, HEALTHY)

    finished, asked = race(finish, partial(_cancel, database, held.job_id), late=late)
    assert job(database, held.job_id).state == finished
    assert isinstance(asked, Job if finished == "cancelled" else JobEnded)
    assert finished in {"cancelled", "succeeded"}


@pytest.mark.parametrize("late", HEAD_STARTS)
def test_a_cancel_that_races_the_claim_tells_the_truth(database: Database, late: float) -> None:
    job_id = queued(database)
    taken, asked = race(partial(_claim, database, job_id), partial(_cancel, database, job_id), late=late)
    after = job(database, job_id)
    assert isinstance(asked, Job)
    assert after.cancel_requested_at is not None
    assert after.state == asked.state == ("cancelled" if taken is None else "running")
