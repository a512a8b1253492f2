"""What the parent process of a worker does while its child trains: it shows that it lives, and watches."""

import contextlib
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from service.errors import StoreUnavailable
from service.jobs import signs
from service.jobs.reaper import Reaper
from service.jobs.rounds import Rounds
from service.store import workers
from service.store.database import Database
from worker.backstop import Backstop


class Parent:
    """While entered, the worker is in the table of workers, its alive file is fresh, and lost jobs are reaped.

    `held` gives the ids of the jobs the training process works on, `children` the ids of the training processes.
    """

    def __init__(
        self,
        worker_id: str,
        database: Database,
        *,
        data_dir: Path,
        device: str,
        lease_seconds: float,
        heartbeat_seconds: float,
        reap_seconds: float,
        held: Callable[[], Sequence[str]],
        children: Callable[[], Sequence[int]],
    ) -> None:
        self._id = worker_id
        self._database = database
        self._device = device
        self._heartbeat_seconds = heartbeat_seconds
        self._held = held
        self._children = children
        self._alive = signs.alive_file(data_dir, worker_id)
        self._drain = signs.drain_file(data_dir, worker_id)
        self._backstop = Backstop(worker_id, grace_seconds=lease_seconds, kill=self._kill)
        self._reaper = Reaper(database, reap_seconds=reap_seconds, lease_seconds=lease_seconds)
        self._rounds = Rounds("heartbeat", self._round)

    def __enter__(self) -> Self:
        self._alive.parent.mkdir(parents=True, exist_ok=True)
        self._reaper.__enter__()
        self._rounds.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._rounds.__exit__()
        self._reaper.__exit__()
        with contextlib.suppress(StoreUnavailable), self._database.transaction() as session:
            workers.retire(session, self._id)
        self._alive.unlink(missing_ok=True)
        self._drain.unlink(missing_ok=True)

    def drain(self) -> None:
        """From now on the training process hands back what it has. Safe inside a signal handler."""
        self._drain.touch()

    def _round(self) -> float:
        # Alive is whoever goes these rounds, whether or not the database answers today.
        if self._alive.exists():
            self._alive.touch()
        with self._database.transaction() as session:
            workers.beat(session, self._id, host=os.uname().nodename, pid=os.getpid(), device=self._device)
        self._alive.touch()
        with self._database.reading() as session:
            self._backstop.look(session, self._held())
        return self._heartbeat_seconds

    def _kill(self) -> None:
        for pid in self._children():
            os.kill(pid, signal.SIGKILL)
