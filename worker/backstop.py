"""The last resort against a training process that does not listen."""

import logging
import time
from collections.abc import Callable, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.jobs.state import State
from service.store.tables import Job

_log = logging.getLogger(__name__)


class Backstop:
    """Kills the training process when it holds on to a job that it has lost.

    A job is lost when its cancel was asked for, or when the reaper took it because nothing was heard of it. A training
    loop lets go within a second; one that hangs never would, and would block every later job of this worker.
    """

    def __init__(self, worker_id: str, *, grace_seconds: float, kill: Callable[[], None]) -> None:
        self._worker_id = worker_id
        self._grace_seconds = grace_seconds
        self._kill = kill
        self._lost_since: dict[str, float] = {}

    def look(self, session: Session, held: Iterable[str]) -> None:
        """`held`: the ids of the jobs that the training process works on now."""
        now = time.monotonic()
        lost = set(held) - self._rightful(session)
        self._lost_since = {job_id: self._lost_since.get(job_id, now) for job_id in lost}
        for job_id, since in self._lost_since.items():
            if now - since > self._grace_seconds:
                _log.error("the training process holds on to a job it has lost: killing it", extra={"job_id": job_id})
                self._kill()
                self._lost_since = {}
                return

    def _rightful(self, session: Session) -> set[str]:
        ours = select(Job.id).where(
            Job.state == State.RUNNING, Job.worker == self._worker_id, Job.cancel_requested_at.is_(None)
        )
        return set(session.scalars(ours))
