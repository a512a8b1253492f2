"""Keeps a claim alive while the training thread is busy, and tells that thread when to stop."""

import logging
import time
from collections.abc import Callable
from typing import Self

from service.errors import StoreUnavailable
from service.jobs.claim import Claim, Fenced
from service.jobs.progress import renew
from service.jobs.rounds import Rounds
from service.store.database import Database

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.05


class Lease:
    """While entered, a thread with a connection of its own that renews the lease every `heartbeat_seconds`.

    An outage of the database ends nothing: the lease stays good until the reaper takes the job, and the fence is by
    attempt and not by time.
    """

    def __init__(
        self,
        claim: Claim,
        database: Database,
        *,
        draining: Callable[[], bool],
        lease_seconds: float,
        heartbeat_seconds: float,
        stall_seconds: float,
    ) -> None:
        self._claim = claim
        self._database = database
        self._draining = draining
        self._lease_seconds = lease_seconds
        self._heartbeat_seconds = heartbeat_seconds
        self._stall_seconds = stall_seconds
        self._stop = False
        self._due = time.monotonic() + heartbeat_seconds
        self._rounds = Rounds("lease", self._round)

    def __enter__(self) -> Self:
        self._rounds.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._rounds.__exit__()

    def stop(self) -> bool:
        """Whether to let go of the job: the worker is told to end, the job to stop, or it is not ours any more.

        Reads one attribute, so a training loop may ask at every step.
        """
        return self._stop

    def _round(self) -> float:
        self._stop = self._stop or self._draining()
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + self._heartbeat_seconds
            self._renew()
        return _LOOK_SECONDS

    def _renew(self) -> None:
        try:
            with self._database.transaction() as session:
                cancel = renew(
                    session, self._claim, lease_seconds=self._lease_seconds, stall_seconds=self._stall_seconds
                )
            self._stop = self._stop or cancel
        except Fenced:
            # Taken away, or just ended; the training thread finds out which.
            self._stop = True
        except StoreUnavailable:
            _log.warning("the lease could not be renewed: the database does not answer")
