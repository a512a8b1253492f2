"""Claiming: one owner at a time."""

from functools import partial

import pytest
from sqlalchemy import update

from service.jobs.cancel import cancel
from service.jobs.claim import Claim, claim
from service.jobs.finish import hand_back
from service.store import traces
from service.store.database import Database
from service.store.tables import Job
from tests.jobs.races import HEAD_STARTS, race
from tests.jobs.samples import LEASE, chunk, claimed, everything, experiment, flushed, job, queued, running


def _claim(database: Database, job_id: str, worker: str = "w1") -> Claim | None:
    with database.transaction() as session:
        return claim(session, job_id, worker_id=worker, device="cuda:0", lease_seconds=LEASE)


def test_the_owner_is_written_down(database: Database) -> None:
    job_id = queued(database)
    taken = _claim(database, job_id)
    after = job(database, job_id)
    assert taken is not None
    assert (taken.job_id, taken.attempt, taken.total_steps) == (job_id, 1, 10)
    assert taken.run == experiment().resolved()
    assert (after.state, after.attempt, after.worker, after.device) == ("running", 1, "w1", "cuda:0")
    assert after.started_at is not None
    assert after.started_at == after.progress_at
    assert after.lease_expires_at == pytest.approx(after.started_at + LEASE, abs=1)


def test_a_message_that_is_doubled_late_or_forged_does_nothing(database: Database) -> None:
    job_id, ended = queued(database), queued(database)
    _claim(database, job_id)
    with database.transaction() as session:
        cancel(session, ended)
    before = everything(database)
    for name in (job_id, ended, "job_forged"):
        assert _claim(database, name, "w2") is None
    assert everything(database) == before


def test_a_job_that_backs_off_waits(database: Database) -> None:
    job_id = queued(database)
    with database.transaction() as session:
        session.execute(update(Job).values(not_before=Job.not_before + 60))
    assert _claim(database, job_id) is None
    with database.transaction() as session:
        session.execute(update(Job).values(not_before=Job.not_before - 60))
    assert _claim(database, job_id) is not None


@pytest.mark.parametrize("late", HEAD_STARTS)
def test_of_two_workers_one_gets_it(database: Database, late: float) -> None:
    job_id = queued(database)
    answers = race(partial(_claim, database, job_id, "w1"), partial(_claim, database, job_id, "w2"), late=late)
    assert sum(isinstance(answer, Claim) for answer in answers) == 1
    assert sum(answer is None for answer in answers) == 1
    assert job(database, job_id).attempt == 1


def test_the_next_attempt_starts_from_nothing(database: Database) -> None:
    first, other = running(database), running(database)
    for held in (first, other):
        flushed(database, held, 7, chunk(0, 7))
    with database.transaction() as session:
        hand_back(session, first)
    second = claimed(database, first.job_id)
    after = job(database, first.job_id)
    assert (second.attempt, after.step, after.steps_per_second, after.diagnosis) == (2, 0, None, None)
    with database.reading() as session:
        assert traces.read(session, first.job_id, "layer", "grad_norm") == []
        assert len(traces.read(session, other.job_id, "layer", "grad_norm")) == 1
