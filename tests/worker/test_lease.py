"""The heartbeat of a job, and when its training has to stop."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from service.jobs.claim import Claim
from service.jobs.reaper import reap
from service.store.database import Database
from service.store.tables import Job
from tests.embedded import until
from tests.jobs.samples import job, running
from worker.lease import Lease


@contextlib.contextmanager
def _held(claim: Claim, database: Database, **changes: Any) -> Iterator[Lease]:
    settings = {"lease_seconds": 30.0, "heartbeat_seconds": 0.05, "stall_seconds": 600.0} | changes
    with Lease(claim, database, draining=settings.pop("draining", lambda: False), **settings) as lease:
        yield lease


def _expiry(database: Database, claim: Claim) -> float:
    return job(database, claim.job_id).lease_expires_at or 0.0


def test_it_is_renewed_while_the_training_thread_is_busy(database: Database) -> None:
    claim = running(database)
    before = _expiry(database, claim)
    with _held(claim, database) as lease:
        until(lambda: _expiry(database, claim) > before)
        assert not lease.stop()


def test_a_training_that_does_not_move_is_not_kept_alive(database: Database) -> None:
    claim = running(database)
    with database.transaction() as session:
        session.execute(update(Job).values(progress_at=0, lease_expires_at=1))
    looks: list[None] = []

    def draining() -> bool:
        looks.append(None)
        return False

    # Each look but the first comes with a heartbeat.
    with _held(claim, database, draining=draining):
        until(lambda: len(looks) > 5)
    assert _expiry(database, claim) == 1


def test_a_worker_told_to_end_stops_at_its_next_step(database: Database, tmp_path: Path) -> None:
    sign = tmp_path / "drain"
    with _held(running(database), database, draining=sign.exists) as lease:
        assert not lease.stop()
        sign.touch()
        until(lease.stop)


def test_a_job_taken_away_stops_its_training(database: Database) -> None:
    claim = running(database)
    with _held(claim, database) as lease:
        assert not lease.stop()
        # In one transaction: the heartbeat has no chance to renew what has expired.
        with database.transaction() as session:
            session.execute(update(Job).where(Job.id == claim.job_id).values(lease_expires_at=1))
            assert reap(session)
        until(lease.stop)


def test_an_outage_of_the_database_ends_nothing(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    claim = running(database)
    gone = Database("sqlite:////nowhere/at/all.sqlite3")
    with _held(claim, gone) as lease:
        until(lambda: "does not answer" in caplog.text)
        assert not lease.stop()
