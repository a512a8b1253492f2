"""Kills workers that are frozen."""

import contextlib
import logging
import time
from pathlib import Path

from service.jobs import signs
from service.supervisor.child import Child

_log = logging.getLogger(__name__)
_LEAST_SECONDS = 30.0


class Watchdog:
    """Kills a worker whose alive file has not changed for two leases.

    A frozen worker may hold SQLite's write lock, which the kernel takes back only from the dead.
    """

    def __init__(self, data_dir: Path, *, lease_seconds: float) -> None:
        self._data_dir = data_dir
        self._longest_silence = max(_LEAST_SECONDS, 2 * lease_seconds)
        # By the time that passed here since the file last changed: the wall clock jumps when a laptop wakes up.
        self._heard: dict[str, tuple[float, float]] = {}

    def look(self, worker: Child) -> None:
        """Call it from the main thread, every now and then."""
        file = signs.find_alive_file(self._data_dir, worker.pid) if worker.pid else None
        if file is None:
            return
        with contextlib.suppress(FileNotFoundError):
            changed = file.stat().st_mtime
            before, since = self._heard.get(worker.name, (0.0, 0.0))
            if changed != before:
                self._heard[worker.name] = changed, time.monotonic()
            elif time.monotonic() - since > self._longest_silence:
                _log.error("%s was not heard of for too long: killing it", worker.name)
                worker.kill()
                file.unlink()
