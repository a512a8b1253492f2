"""Every step between states: the legal ones happen, all others are refused."""

import itertools

import orjson
import pytest
from sqlalchemy import update

from service.jobs.state import ACTIVE, ENDED, LEGAL, IllegalTransition, State
from service.jobs.transition import move
from service.store import events
from service.store.database import Database
from service.store.tables import Job
from tests.jobs.samples import everything, job, queued

STEPS = [(source, target) for source, targets in LEGAL.items() for target in targets]
OTHERS = sorted(set(itertools.product(State, State)) - set(STEPS))


def _in_state(database: Database, state: State) -> str:
    job_id = queued(database)
    with database.transaction() as session:
        session.execute(update(Job).where(Job.id == job_id).values(state=state, lease_expires_at=1, worker="w"))
    return job_id


def test_the_table_says_what_the_design_says() -> None:
    assert {state.value for state in ENDED} == {"succeeded", "failed", "cancelled"}
    assert {state.value for state in ACTIVE} == {"queued", "running"}
    assert len(STEPS) == 6


@pytest.mark.parametrize(("source", "target"), sorted(STEPS))
def test_a_legal_step_happens_and_is_told(database: Database, source: State, target: State) -> None:
    job_id = _in_state(database, source)
    before = job(database, job_id)
    with database.transaction() as session:
        moved = move(session, job_id, source, target, error="{}")
    after = job(database, job_id)
    assert moved is not None
    assert (after.state, after.version, after.error) == (target, before.version + 1, "{}")
    assert (after.finished_at is not None) == (target in ENDED)
    assert (after.started_at is not None) == (target == State.RUNNING)
    if target != State.RUNNING:
        assert after.lease_expires_at is None
    with database.reading() as session:
        told = [(event.kind, orjson.loads(event.data)) for event in events.after(session, job_id, 0)[1:]]
    assert told[0] == ("state", {"state": target, "attempt": 0})
    assert told[1:] == ([("done", {"state": target, "verdict": None})] if target in ENDED else [])


@pytest.mark.parametrize(("source", "target"), OTHERS)
def test_any_other_step_is_refused(source: State, target: State) -> None:
    with pytest.raises(IllegalTransition):
        move(None, "job_x", source, target)  # type: ignore[arg-type]  # refused before the database is asked


@pytest.mark.parametrize(("source", "target"), sorted(STEPS))
def test_a_job_in_another_state_stays_as_it_is(database: Database, source: State, target: State) -> None:
    for state in sorted(set(State) - {source}):
        _in_state(database, state)
    before = everything(database)
    with database.transaction() as session:
        for row in before["jobs"]:
            assert move(session, row[0], source, target) is None
    assert everything(database) == before
