"""Flushes and heartbeats."""

import orjson
import pytest
from sqlalchemy import update

from service.jobs.cancel import cancel
from service.jobs.claim import Claim
from service.jobs.progress import flush, renew, view
from service.store import events, traces
from service.store.database import Database
from service.store.tables import Job
from tests.jobs.diagnoses import HEALTHY, ill
from tests.jobs.samples import LEASE, chunk, everything, flushed, job, running


def _told(database: Database, job_id: str) -> list[tuple[str, dict[str, object]]]:
    with database.reading() as session:
        return [(event.kind, orjson.loads(event.data)) for event in events.after(session, job_id, 0)]


def _renewed(database: Database, held: Claim, stall_seconds: float = 600) -> bool:
    with database.transaction() as session:
        return renew(session, held, lease_seconds=LEASE, stall_seconds=stall_seconds)


def _age(database: Database, **columns: float) -> None:
    """Puts times of all jobs into the past, by seconds."""
    with database.transaction() as session:
        session.execute(update(Job).values({name: getattr(Job, name) - by for name, by in columns.items()}))


def test_a_flush_keeps_traces_and_progress_together(database: Database) -> None:
    held = running(database)
    before = job(database, held.job_id)
    _age(database, lease_expires_at=100, progress_at=100)
    parts = [chunk(0, 4), chunk(0, 4, metric="loss", scope="curve", layers=1)]
    assert flushed(database, held, 4, *parts) is False
    after = job(database, held.job_id)
    assert (after.step, after.steps_per_second, after.version) == (4, 5.0, before.version + 1)
    assert after.lease_expires_at == pytest.approx(before.lease_expires_at, abs=1)
    assert after.progress_at == pytest.approx(before.progress_at, abs=1)
    with database.reading() as session:
        assert traces.read(session, held.job_id, "layer", "grad_norm") == [parts[0].encode()]
        assert traces.read(session, held.job_id, "curve", "loss") == [parts[1].encode()]
    progress = {"step": 4, "total_steps": 10, "steps_per_second": 5.0, "eta_seconds": 1.2}
    assert _told(database, held.job_id)[-1] == ("progress", progress)


def test_a_flush_that_may_have_been_kept_can_be_repeated(database: Database) -> None:
    held = running(database)
    for _ in range(2):
        flushed(database, held, 4, chunk(0, 4))
    flushed(database, held, 8, chunk(4, 4))
    with database.reading() as session:
        rows = traces.read(session, held.job_id, "layer", "grad_norm")
    assert [(row.first_step, row.last_step) for row in rows] == [(0, 3), (4, 7)]


def test_a_finding_is_told_when_it_is_new(database: Database) -> None:
    held = running(database)
    for step, diagnosis in enumerate(
        [ill("dead_units"), ill("dead_units", last_step=20), None, ill("vanishing_gradient", "dead_units")]
    ):
        with database.transaction() as session:
            flush(
                session,
                held,
                step=step,
                steps_per_second=None,
                chunks=(),
                diagnosis=diagnosis,
                lease_seconds=LEASE,
            )
    told = [data["rule"] for kind, data in _told(database, held.job_id) if kind == "finding"]
    assert told == ["dead_units", "vanishing_gradient"]
    stored = orjson.loads(job(database, held.job_id).diagnosis or "")
    assert (stored["verdict"], stored["findings"][1]["last_step"]) == ("vanishing_gradient", 9)


def test_a_finding_that_does_not_hold_is_taken_back_once(database: Database) -> None:
    held = running(database)
    for diagnosis in [ill("dead_units", "overfitting"), ill("overfitting"), ill("overfitting"), HEALTHY]:
        with database.transaction() as session:
            flush(session, held, step=1, steps_per_second=None, chunks=(), diagnosis=diagnosis, lease_seconds=LEASE)
    told = [data for kind, data in _told(database, held.job_id) if kind == "finding"]
    assert [(data["rule"], data.get("withdrawn", False)) for data in told] == [
        ("dead_units", False),
        ("overfitting", False),
        ("dead_units", True),
        ("overfitting", True),
    ]
    assert told[2] == {**told[0], "withdrawn": True}


def test_a_heartbeat_renews_the_lease_and_nothing_a_client_sees(database: Database) -> None:
    held = running(database)
    before = job(database, held.job_id)
    _age(database, lease_expires_at=100)
    assert _renewed(database, held) is False
    after = job(database, held.job_id)
    assert after.lease_expires_at == pytest.approx(before.lease_expires_at, abs=1)
    assert after.version == before.version
    assert len(_told(database, held.job_id)) == 2


def test_a_heartbeat_without_progress_does_not_keep_the_job(database: Database) -> None:
    held = running(database)
    _age(database, lease_expires_at=100, progress_at=601)
    stalled = job(database, held.job_id)
    _renewed(database, held, stall_seconds=600)
    assert job(database, held.job_id).lease_expires_at == stalled.lease_expires_at
    _renewed(database, held, stall_seconds=610)
    assert (job(database, held.job_id).lease_expires_at or 0) > (stalled.lease_expires_at or 0)


def test_the_owner_hears_of_a_cancel(database: Database) -> None:
    held, other = running(database), running(database)
    with database.transaction() as session:
        cancel(session, held.job_id)
    assert _renewed(database, held)
    assert flushed(database, held, 1)
    assert not _renewed(database, other)
    assert not flushed(database, other, 1)


def test_a_flush_that_breaks_keeps_nothing(database: Database) -> None:
    held = running(database)
    before = everything(database)

    def flush_and_break() -> None:
        with database.transaction() as session:
            flush(
                session,
                held,
                step=4,
                steps_per_second=None,
                chunks=[chunk(0, 4)],
                diagnosis=ill("dead_units"),
                lease_seconds=LEASE,
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        flush_and_break()
    assert everything(database) == before


def test_the_end_of_a_job_that_has_not_moved_is_unknown() -> None:
    assert view(0, 10, None)["eta_seconds"] is None
    assert view(0, 10, 0.0)["eta_seconds"] is None
    assert view(5, 10, 2.0)["eta_seconds"] == 2.5
