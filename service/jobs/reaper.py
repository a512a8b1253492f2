"""Takes jobs back from workers that were not heard of for the length of a lease."""

import time
from dataclasses import dataclass
from typing import Any, Self

import orjson
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from service.errors import StoreUnavailable
from service.jobs import tally
from service.jobs.rounds import Rounds
from service.jobs.state import State
from service.jobs.transition import move
from service.store.clock import now
from service.store.database import Database
from service.store.tables import Job

MOST_LOSSES = 3
_LONGEST_BACKOFF = 60.0
WORKER_LOST = {
    "type": "/problems/worker-lost",
    "title": "Worker lost",
    "status": 500,
    "code": "worker_lost",
    "detail": f"The worker stopped without a word {MOST_LOSSES} times, each time before it got further than before; "
    "it may have run out of memory.",
}


@dataclass(frozen=True, slots=True)
class Reaped:
    """A job that lost its worker, and where it went."""

    job_id: str
    attempt: int
    state: State


def reap(session: Session) -> list[Reaped]:
    """Moves every running job whose lease has run out: to the queue, or to its end.

    A loss counts unless the lost attempt got further than every earlier one; the third that counts in a row fails the
    job as `worker_lost`, so that a job that kills its worker cannot do so for ever. A job whose cancel was asked for is
    cancelled. A row that is locked is left for the next round: its owner is alive, or frozen inside a transaction and
    cut off by the database in ten seconds.
    """
    expired = (
        select(Job.id, Job.attempt, Job.step, Job.furthest_step, Job.losses_without_progress, Job.cancel_requested_at)
        .where(Job.state == State.RUNNING, Job.lease_expires_at < now())
        .order_by(Job.id)
        .with_for_update(skip_locked=True)
    )
    return [_take(session, job) for job in session.execute(expired).all()]


def _take(session: Session, job: Row[*tuple[Any, ...]]) -> Reaped:
    losses = 0 if job.step > job.furthest_step else job.losses_without_progress + 1
    changes: dict[str, Any] = {
        "losses_without_progress": losses,
        "furthest_step": max(job.step, job.furthest_step),
    }
    if job.cancel_requested_at is not None:
        target = State.CANCELLED
    elif losses >= MOST_LOSSES:
        target = State.FAILED
        changes["error"] = orjson.dumps(WORKER_LOST).decode()
    else:
        target = State.QUEUED
        changes["not_before"] = now() + backoff(losses)
    move(session, job.id, State.RUNNING, target, **changes)
    return Reaped(job.id, job.attempt, target)


def backoff(losses: int) -> float:
    """Seconds before a job that was lost `losses` times in a row without progress may run again."""
    return min(_LONGEST_BACKOFF, 2.0 ** (losses - 1)) if losses else 0.0


class Reaper:
    """While entered, a thread that reaps every `reap_seconds`, and keeps the table of counts short.

    After an outage of the database it waits until the database has answered for `lease_seconds`: workers that could
    not renew their leases meanwhile get the time to do so.
    """

    def __init__(self, database: Database, *, reap_seconds: float, lease_seconds: float) -> None:
        self._database = database
        self._reap_seconds = reap_seconds
        self._lease_seconds = lease_seconds
        self._trusted_from: float | None = 0.0
        self._rounds = Rounds("reaper", self.round)

    def __enter__(self) -> Self:
        self._rounds.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._rounds.__exit__()

    def round(self) -> float:
        """Reaps if the database can be trusted; the seconds until the next round."""
        try:
            if self._trusted():
                with self._database.transaction() as session:
                    reap(session)
                with self._database.transaction() as session:
                    tally.fold(session)
        except StoreUnavailable:
            self._trusted_from = None
            raise
        return self._reap_seconds

    def _trusted(self) -> bool:
        self._database.check()
        if self._trusted_from is None:
            self._trusted_from = time.monotonic() + self._lease_seconds
        return time.monotonic() >= self._trusted_from
