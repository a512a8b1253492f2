"""Rings for every job that waits: the outbox is the job's own row, so a lost message only costs time."""

import logging
from collections.abc import Callable, Sequence
from typing import Self

from sqlalchemy import Double, Integer, bindparam, or_, select, update
from sqlalchemy.orm import Session

from service.jobs.doorbell import BrokerUnavailable
from service.jobs.rounds import Rounds
from service.jobs.state import State
from service.store.clock import now
from service.store.database import Database
from service.store.tables import Job

_log = logging.getLogger(__name__)
# Only the head of the queue is announced: it moves up as jobs are claimed, and a long queue that waits for hours
# does not fill the broker with repetitions.
WINDOW = 256
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0

_HEAD = (
    select(Job.id, Job.dispatched_at)
    .where(Job.state == State.QUEUED, Job.not_before <= now())
    .order_by(Job.id)
    .limit(bindparam("window", type_=Integer))
    .subquery()
)
_SILENT = or_(_HEAD.c.dispatched_at.is_(None), _HEAD.c.dispatched_at < now() - bindparam("ring_seconds", type_=Double))
# Asked many times a second, so it is built once.
_DUE = select(_HEAD.c.id).where(_SILENT).order_by(_HEAD.c.id)


class Dispatcher:
    """While entered, a thread that calls `ring` with the id of each job at the head of the queue.

    A job is announced within `poll_seconds`, at once after `wake()`, and again every `ring_seconds` while it is
    queued. `ring` raises `BrokerUnavailable`; that is logged once per outage, and tried again ever more slowly up to
    every five seconds. Several dispatchers at once only ring more often.
    """

    def __init__(
        self,
        database: Database,
        ring: Callable[[str], None],
        *,
        ring_seconds: float = 30.0,
        poll_seconds: float = 0.05,
    ) -> None:
        self._database = database
        self._ring = ring
        self._ring_seconds = ring_seconds
        self._poll_seconds = poll_seconds
        self._pause = 0.0
        self._rounds = Rounds("dispatcher", self.round)

    def __enter__(self) -> Self:
        self._rounds.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._rounds.__exit__()

    def wake(self) -> None:
        """A job was queued: call it after the transaction that did so."""
        self._rounds.wake()

    def round(self) -> float:
        """Rings for every job that is due; the seconds until the next round."""
        with self._database.reading() as session:
            waiting = due(session, self._ring_seconds)
        rung = self._ring_for(waiting)
        if rung:
            with self._database.transaction() as session:
                mark(session, rung)
        return self._pause or self._poll_seconds

    def _ring_for(self, job_ids: Sequence[str]) -> list[str]:
        rung = []
        try:
            for job_id in job_ids:
                self._ring(job_id)
                rung.append(job_id)
                self._answered()
        except BrokerUnavailable as error:
            if not self._pause:
                _log.warning("the broker does not answer, jobs wait: %s", error)
            self._pause = min(_LONGEST_PAUSE, 2 * self._pause or _FIRST_PAUSE)
        return rung

    def _answered(self) -> None:
        if self._pause:
            _log.info("the broker answers again")
            self._pause = 0.0


def due(session: Session, ring_seconds: float) -> Sequence[str]:
    """The jobs at the head of the queue that were not announced in the last `ring_seconds`, oldest first."""
    return session.scalars(_DUE, {"ring_seconds": ring_seconds, "window": WINDOW}).all()


def mark(session: Session, job_ids: Sequence[str]) -> None:
    """Notes that these jobs were announced, as far as they still wait."""
    session.execute(
        update(Job)
        .where(Job.id.in_(job_ids), Job.state == State.QUEUED)
        .values(dispatched_at=now())
        .execution_options(synchronize_session=False)
    )
