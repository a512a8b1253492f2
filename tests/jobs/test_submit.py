"""Submitting: one row, whatever happens."""

import orjson
import pytest
from sqlalchemy import func, select, update

from service.errors import IdempotencyMismatch, QueueFull
from service.experiment import Experiment
from service.jobs.submit import KEY_LIFETIME_SECONDS, Submitted, fingerprint, submit
from service.store import events, jobs
from service.store.database import Database
from service.store.tables import Job, JobLabel
from tests.jobs.races import race
from tests.jobs.samples import claimed, experiment

CALLERS = 32


def _submit(
    database: Database, sent: Experiment, *, key: str | None = "k", principal: str = "lab", most: int = 1000
) -> Submitted:
    with database.transaction() as session:
        return submit(session, sent, sent.resolved(), principal=principal, idempotency_key=key, max_queued=most)


def _count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Job)) or 0


def test_a_job_is_queued_as_it_was_sent(database: Database) -> None:
    sent = experiment(name="π", labels={"course": "dl101", "empty": ""}, remedies=[{"kind": "l2", "strength": 0.1}])
    submitted = _submit(database, sent, key=None)
    with database.reading() as session:
        job = jobs.get(session, submitted.job.id)
        labels = {(row.key, row.value) for row in session.scalars(select(JobLabel))}
        told = [(event.kind, orjson.loads(event.data)) for event in events.after(session, job.id, 0)]
    assert not submitted.replayed
    assert (job.state, job.attempt, job.version, job.step, job.total_steps) == ("queued", 0, 1, 0, 10)
    assert Experiment.model_validate_json(job.experiment) == sent
    assert orjson.loads(job.resolved)["training"]["l2"] == 0.1
    assert (job.name, orjson.loads(job.labels)) == ("π", {"course": "dl101", "empty": ""})
    assert labels == {("course", "dl101"), ("empty", "")}
    assert told == [("state", {"state": "queued", "attempt": 0})]
    assert job.created_at == job.not_before
    assert job.dispatched_at is None


def test_without_a_key_each_request_is_a_job(database: Database) -> None:
    assert _submit(database, experiment(), key=None).job.id != _submit(database, experiment(), key=None).job.id


def test_the_same_key_and_experiment_is_the_same_job(database: Database) -> None:
    first = _submit(database, experiment(labels={"a": "1", "b": "2"}))
    claimed(database, first.job.id)
    again = _submit(database, experiment(labels={"b": "2", "a": "1"}))
    assert (again.job.id, again.job.state, again.replayed) == (first.job.id, "running", True)
    assert _count(database) == 1


def test_the_same_key_and_another_experiment_is_refused(database: Database) -> None:
    _submit(database, experiment())
    with pytest.raises(IdempotencyMismatch):
        _submit(database, experiment(name="other"))
    assert _count(database) == 1


def test_a_key_belongs_to_its_principal_and_lasts_a_day(database: Database) -> None:
    first = _submit(database, experiment())
    assert _submit(database, experiment(), principal="other lab").job.id != first.job.id
    with database.transaction() as session:
        session.execute(update(Job).values(created_at=Job.created_at - KEY_LIFETIME_SECONDS + 60))
    assert _submit(database, experiment()).job.id == first.job.id
    with database.transaction() as session:
        session.execute(update(Job).values(created_at=Job.created_at - 120))
    later = _submit(database, experiment(name="other"))
    assert not later.replayed
    assert _submit(database, experiment(name="other")).job.id == later.job.id
    assert _count(database) == 3


def test_the_queue_is_bounded_for_each_principal(database: Database) -> None:
    kept = _submit(database, experiment(), key="kept", most=2)
    _submit(database, experiment(), key=None, most=2)
    with pytest.raises(QueueFull):
        _submit(database, experiment(), key=None, most=2)
    _submit(database, experiment(), key=None, most=2, principal="other lab")
    assert _submit(database, experiment(), key="kept", most=2).replayed
    claimed(database, kept.job.id)
    _submit(database, experiment(), key=None, most=2)


def test_callers_with_one_key_get_one_job(database: Database) -> None:
    sent = experiment()
    for number in range(3):
        answers = race(*[lambda key=str(number): _submit(database, sent, key=key)] * CALLERS)
        submitted = [answer for answer in answers if isinstance(answer, Submitted)]
        assert len(submitted) == CALLERS, [answer for answer in answers if not isinstance(answer, Submitted)]
        assert len({one.job.id for one in submitted}) == 1
        assert sum(not one.replayed for one in submitted) == 1
    assert _count(database) == 3


def test_of_callers_with_one_key_and_many_experiments_one_wins(database: Database) -> None:
    sent = [experiment(name=str(number)) for number in range(8)]
    answers = race(*[lambda one=one: _submit(database, one) for one in sent])
    assert sum(isinstance(answer, Submitted) for answer in answers) == 1
    assert sum(isinstance(answer, IdempotencyMismatch) for answer in answers) == 7


def test_a_fingerprint_is_of_the_meaning_and_not_of_the_spelling() -> None:
    spelled_out = experiment(trace={"every": 1}, labels={"b": "1", "a": "2"})
    assert fingerprint(experiment(labels={"a": "2", "b": "1"})) == fingerprint(spelled_out)
    assert fingerprint(experiment()) != fingerprint(experiment(trace={"every": 2}))
