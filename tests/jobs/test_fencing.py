"""A worker that has lost its job writes nothing, however late it wakes up."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from service.jobs.claim import Claim, Fenced
from service.jobs.finish import cancelled, fail, hand_back, succeed
from service.jobs.progress import flush, renew
from service.jobs.reaper import reap
from service.jobs.result import Result
from service.store.database import Database
from tests.jobs.diagnoses import HEALTHY, ill
from tests.jobs.samples import LEASE, chunk, claimed, everything, expire, flushed, job, running

RESULT = Result(0.1, 0.9, 0.2, 0.8, 0.05)
WRITES: dict[str, Callable[[Session, Claim], object]] = {
    "flush": lambda session, held: flush(
        session,
        held,
        step=9,
        steps_per_second=1.0,
        chunks=[chunk(0, 9)],
        diagnosis=ill("dead_units"),
        lease_seconds=LEASE,
    ),
    "renew": lambda session, held: renew(session, held, lease_seconds=LEASE, stall_seconds=600),
    "succeed": lambda session, held: succeed(session, held, RESULT, HEALTHY, [chunk(0, 9)]),
    "fail": lambda session, held: fail(session, held, {"title": "x"}),
    "cancelled": cancelled,
    "hand_back": hand_back,
}


def _lost(database: Database, held: Claim) -> None:
    expire(database, held.job_id)
    with database.transaction() as session:
        assert [reaped.job_id for reaped in reap(session)] == [held.job_id]
    expire(database, held.job_id)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("since", ["queued", "running", "handed back", "succeeded"])
def test_a_zombie_writes_nothing(database: Database, write: str, since: str) -> None:
    zombie = running(database)
    flushed(database, zombie, 3, chunk(0, 3))
    _lost(database, zombie)
    if since != "queued":
        heir = claimed(database, zombie.job_id, "w2")
        with database.transaction() as session:
            if since == "handed back":
                hand_back(session, heir)
            elif since == "succeeded":
                succeed(session, heir, RESULT, HEALTHY, [chunk(0, 10)])
    before = everything(database)
    with pytest.raises(Fenced), database.transaction() as session:
        WRITES[write](session, zombie)
    assert everything(database) == before


@pytest.mark.parametrize("write", WRITES)
def test_a_lease_that_ran_out_is_good_until_somebody_takes_the_job(database: Database, write: str) -> None:
    """Or an outage of the database would kill every job."""
    held = running(database)
    expire(database, held.job_id)
    with database.transaction() as session:
        WRITES[write](session, held)
    if write in ("flush", "renew"):
        with database.transaction() as session:
            assert reap(session) == []
        assert job(database, held.job_id).state == "running"


def test_a_claim_on_another_job_is_no_claim(database: Database) -> None:
    held, other = running(database), running(database)
    flushed(database, held, 1)
    assert job(database, other.job_id).step == 0
