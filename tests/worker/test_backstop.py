"""A training process that holds on to what it has lost is killed, and no other."""

import pytest

from service.jobs.cancel import cancel
from service.jobs.reaper import reap
from service.store.database import Database
from tests.jobs.samples import expire, queued, running
from worker.backstop import Backstop


@pytest.fixture
def kills() -> list[None]:
    return []


def _look(database: Database, backstop: Backstop, *held: str) -> None:
    with database.reading() as session:
        backstop.look(session, held)


def test_the_owner_of_a_job_is_left_alone(database: Database, kills: list[None]) -> None:
    claim = running(database)
    backstop = Backstop("w1", grace_seconds=0, kill=lambda: kills.append(None))
    for _ in range(3):
        _look(database, backstop, claim.job_id)
    _look(database, backstop)
    assert kills == []


@pytest.mark.parametrize("loss", ["cancelled", "reaped", "never owned"])
def test_who_holds_on_is_killed_when_the_grace_is_over(loss: str, database: Database, kills: list[None]) -> None:
    job_id = queued(database) if loss == "never owned" else running(database).job_id
    if loss == "reaped":
        expire(database, job_id)
    with database.transaction() as session:
        if loss == "cancelled":
            cancel(session, job_id)
        else:
            reap(session)
    patient = Backstop("w1", grace_seconds=60, kill=lambda: kills.append(None))
    strict = Backstop("w1", grace_seconds=0, kill=lambda: kills.append(None))
    for _ in range(2):
        _look(database, patient, job_id)
    assert kills == []
    for _ in range(2):
        _look(database, strict, job_id)
    assert kills == [None]


def test_who_lets_go_in_time_is_forgiven(database: Database, kills: list[None]) -> None:
    job_id = queued(database)
    backstop = Backstop("w1", grace_seconds=0, kill=lambda: kills.append(None))
    for held in ([job_id], [], [job_id], []):
        _look(database, backstop, *held)
    assert kills == []
