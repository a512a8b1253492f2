"""Rings for every job that waits: the outbox is the job's own row, so a lost message only costs time."""

import logging
import time
from collections.abc import Sequence
from typing import Protocol, Self

from sqlalchemy import Double, Integer, bindparam, or_, select, update
from sqlalchemy.orm import Session

from service.jobs.doorbell import BrokerUnavailable
from service.jobs.rounds import Rounds
from service.jobs.state import State
from service.store.clock import now
from service.store.database import Database
from service.store.tables import Job

_log = logging.getLogger(__name__)
# Only the head of the queue is announced: it moves up as jobs are claimed.
WINDOW = 256
# While messages lie in the broker every worker is busy, and repeating them would only pile them up. One may have been
# lost all the same, so it is repeated then too, after so many times the usual patience.
_PATIENCE_WITH_A_BACKLOG = 20
_LOOKS_PER_PATIENCE = 10
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


class Bell(Protocol):
    """What is rung: `service.jobs.doorbell.Doorbell`."""

    def ring(self, job_id: str) -> None:
        """Announces a job. Raises `BrokerUnavailable`."""

    def pending(self) -> int:
        """How many announcements nobody has heard yet. Raises `BrokerUnavailable`."""


class Dispatcher:
    """While entered, a thread that rings for each job at the head of the queue.

    A job is announced within `poll_seconds`, at once after `wake()`, and again when it is still queued after
    `ring_seconds` and no announcement waits in the broker. An outage of the broker is logged once, and tried again ever
    more slowly up to every five seconds. Several dispatchers at once only ring more often.
    """

    def __init__(
        self,
        database: Database,
        bell: Bell,
        *,
        ring_seconds: float = 30.0,
        poll_seconds: float = 0.05,
    ) -> None:
        self._database = database
        self._bell = bell
        self._ring_seconds = ring_seconds
        self._poll_seconds = poll_seconds
        self._pause = 0.0
        self._next_look = 0.0
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
        patience = self._ring_seconds * (1 if self._is_silent() else _PATIENCE_WITH_A_BACKLOG)
        with self._database.reading() as session:
            waiting = due(session, patience)
        rung = self._ring_for(waiting)
        if rung:
            with self._database.transaction() as session:
                mark(session, rung)
        return self._pause or self._poll_seconds

    def _is_silent(self) -> bool:
        """Whether it was found just now that no announcement waits in the broker; looked up a few times a patience."""
        if time.monotonic() < self._next_look:
            return False
        self._next_look = time.monotonic() + self._ring_seconds / _LOOKS_PER_PATIENCE
        try:
            return self._bell.pending() == 0
        except BrokerUnavailable:
            return False

    def _ring_for(self, job_ids: Sequence[str]) -> list[str]:
        rung = []
        try:
            for job_id in job_ids:
                self._bell.ring(job_id)
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
