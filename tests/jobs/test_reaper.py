"""Jobs whose worker is gone."""

import time

import orjson
import pytest

from service.errors import StoreUnavailable
from service.jobs.cancel import cancel
from service.jobs.claim import Claim, claim
from service.jobs.fence import fence
from service.jobs.finish import hand_back
from service.jobs.reaper import Reaped, Reaper, backoff, reap
from service.store import events
from service.store.database import Database
from tests.databases import outage
from tests.jobs.samples import claimed, expire, flushed, job, queued, running
from tests.jobs.waiting import eventually


def _reap(database: Database) -> list[Reaped]:
    with database.transaction() as session:
        return reap(session)


def _lose(database: Database, held: Claim) -> str:
    expire(database, held.job_id)
    assert [reaped.job_id for reaped in _reap(database)] == [held.job_id]
    return job(database, held.job_id).state


def test_only_a_lease_that_has_run_out_is_taken(database: Database) -> None:
    queued(database)
    held, lost = running(database), running(database)
    expire(database, lost.job_id)
    assert _reap(database) == [Reaped(lost.job_id, 1, "queued")]  # type: ignore[arg-type]  # a StrEnum equals its text
    assert _reap(database) == []
    assert job(database, held.job_id).state == "running"
    after = job(database, lost.job_id)
    assert (after.worker, after.lease_expires_at, after.dispatched_at, after.version) == (None, None, None, 3)
    with database.reading() as session:
        assert orjson.loads(events.after(session, lost.job_id, 0)[-1].data) == {"state": "queued", "attempt": 1}


def test_a_job_that_kills_its_worker_ends_after_three_losses(database: Database) -> None:
    held = running(database)
    assert _lose(database, held) == "queued"
    assert _lose(database, claimed_again(database, held)) == "queued"
    assert _lose(database, claimed_again(database, held)) == "failed"
    after = job(database, held.job_id)
    error = orjson.loads(after.error or "")
    assert (after.attempt, error["code"], error["status"]) == (3, "worker_lost", 500)
    assert after.finished_at is not None


def claimed_again(database: Database, held: Claim) -> Claim:
    """The next claim on a job that was lost, its back-off over."""
    expire(database, held.job_id)
    return claimed(database, held.job_id)


def test_a_job_that_gets_further_each_time_is_never_given_up(database: Database) -> None:
    held = running(database)
    for step in range(1, 9):
        flushed(database, held, step)
        assert _lose(database, held) == "queued"
        held = claimed_again(database, held)
    assert job(database, held.job_id).losses_without_progress == 0


def test_getting_as_far_as_before_is_no_progress(database: Database) -> None:
    held = running(database)
    states = []
    for step in (5, 5, 3, 4):
        flushed(database, held, step)
        states.append(_lose(database, held))
        if states[-1] == "queued":
            held = claimed_again(database, held)
    assert states == ["queued", "queued", "queued", "failed"]


def test_a_hand_back_between_losses_is_not_charged(database: Database) -> None:
    held = running(database)
    for _ in range(2):
        assert _lose(database, held) == "queued"
        held = claimed_again(database, held)
        with database.transaction() as session:
            hand_back(session, held)
        held = claimed_again(database, held)
    assert job(database, held.job_id).losses_without_progress == 2


def test_losses_are_followed_by_ever_longer_waits(database: Database) -> None:
    assert [backoff(losses) for losses in (0, 1, 2, 3, 100)] == [0, 1, 2, 4, 60]
    held = running(database)
    expire(database, held.job_id)
    _reap(database)
    with database.transaction() as session:
        assert claim(session, held.job_id, worker_id="w", device="cpu", lease_seconds=1) is None
    lost = job(database, held.job_id)
    assert lost.not_before == pytest.approx(time.time() + 1, abs=0.9)


def test_a_job_whose_cancel_was_asked_for_is_cancelled(database: Database) -> None:
    held = running(database)
    with database.transaction() as session:
        cancel(session, held.job_id)
    assert _lose(database, held) == "cancelled"
    assert job(database, held.job_id).error is None


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_zombie_frozen_inside_a_transaction_does_not_block_it(database: Database) -> None:
    zombie, lost = running(database), running(database)
    expire(database, zombie.job_id)
    expire(database, lost.job_id)
    with database.transaction() as frozen:
        fence(frozen, zombie)
        begin = time.monotonic()
        assert [reaped.job_id for reaped in _reap(database)] == [lost.job_id]
        assert time.monotonic() - begin < 1
    assert [reaped.job_id for reaped in _reap(database)] == [zombie.job_id]


def test_several_at_once_take_each_job_once(database: Database) -> None:
    lost = [running(database) for _ in range(6)]
    for held in lost:
        expire(database, held.job_id)
    with Reaper(database, reap_seconds=0.001, lease_seconds=1), Reaper(database, reap_seconds=0.001, lease_seconds=1):
        assert eventually(lambda: all(job(database, held.job_id).state == "queued" for held in lost))
    assert {job(database, held.job_id).losses_without_progress for held in lost} == {1}


def test_after_an_outage_workers_get_the_time_of_a_lease(database: Database) -> None:
    held = running(database)
    expire(database, held.job_id)
    reaper = Reaper(database, reap_seconds=1, lease_seconds=0.4)
    with outage(database), pytest.raises(StoreUnavailable):
        reaper.round()
    back = time.monotonic()
    while job(database, held.job_id).state == "running":
        reaper.round()
        assert time.monotonic() - back < 5
    assert time.monotonic() - back >= 0.4


def test_a_second_outage_starts_the_wait_again(database: Database) -> None:
    held = running(database)
    expire(database, held.job_id)
    reaper = Reaper(database, reap_seconds=1, lease_seconds=0.4)
    for _ in range(2):
        with outage(database), pytest.raises(StoreUnavailable):
            reaper.round()
        reaper.round()
        time.sleep(0.2)
    reaper.round()
    assert job(database, held.job_id).state == "running"
