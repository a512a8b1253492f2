"""Cancelling, and racing for the end."""

import time
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
from tests.jobs.races import race
from tests.jobs.samples import LEASE, everything, job, queued, running

RESULT = Result(0.1, 0.9, 0.2, 0.8, 0.05)
TRIES = 300


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


def test_a_cancel_that_races_the_finish_tells_the_truth(database: Database) -> None:
    ends = set()
    for number in range(TRIES):
        held = running(database)

        def finish(held: Claim = held) -> State:
            with database.transaction() as session:
                return succeed(session, held, RESULT, HEALTHY)

        def ask(held: Claim = held, number: int = number) -> Job:
            time.sleep(number % 6 * 0.0005)
            return _cancel(database, held.job_id)

        finished, asked = race(finish, ask)
        after = job(database, held.job_id)
        assert after.state == finished
        if isinstance(asked, Job):
            assert finished == "cancelled"
        else:
            assert isinstance(asked, JobEnded)
            assert finished == "succeeded"
        ends.add(finished)
        if ends == {"cancelled", "succeeded"}:
            return
    pytest.fail(f"the race was none: {ends} every time")


def test_a_cancel_that_races_the_claim_tells_the_truth(database: Database) -> None:
    ends = set()
    for number in range(TRIES):
        job_id = queued(database)

        def take(job_id: str = job_id, number: int = number) -> Claim | None:
            time.sleep(number % 4 * 0.0005)
            return _claim(database, job_id)

        taken, asked = race(take, partial(_cancel, database, job_id))
        after = job(database, job_id)
        assert isinstance(asked, Job)
        assert after.cancel_requested_at is not None
        assert after.state == asked.state == ("cancelled" if taken is None else "running")
        ends.add(after.state)
        if ends == {"cancelled", "running"}:
            return
    pytest.fail(f"the race was none: {ends} every time")
