"""A process that is kept running."""

import contextlib
import logging
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence

from service.supervisor.kinship import dies_with_us

_log = logging.getLogger(__name__)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 10.0
# Who ran for this long has recovered: the next restart is quick again.
_STEADY_SECONDS = 30.0


class Child:
    """Started again whenever it ends, after ever longer pauses while it keeps ending soon.

    It leads a session of its own: a Ctrl-C in the terminal reaches the supervisor alone, which orders the stop.
    """

    def __init__(
        self, name: str, command: Sequence[str], *, environment: Mapping[str, str], inherits: Sequence[int] = ()
    ) -> None:
        self.name = name
        self.failures = 0
        """How often it ended, uncalled for, since it last ran steadily."""
        self._command = list(command)
        self._environment = dict(environment)
        self._inherits = tuple(inherits)
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._due = 0.0

    @property
    def pid(self) -> int | None:
        """Its process, while there is one."""
        return self._process.pid if self._process else None

    @property
    def age(self) -> float:
        """Seconds since it was last started."""
        return time.monotonic() - self._started

    def attend(self) -> None:
        """Notices that it ended, and starts it when it is due. Call it from the main thread, often."""
        if self._process is not None and self._process.poll() is not None:
            self._ended(self._process.returncode)
        if self._process is None and time.monotonic() >= self._due:
            self._start()

    def stop(self) -> None:
        """Asks it to end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def ended(self) -> bool:
        """Whether nothing of it runs."""
        return self._process is None or self._process.poll() is not None

    def kill(self) -> None:
        """Ends it, and what is left of the processes it started, at once."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _start(self) -> None:
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            pass_fds=self._inherits,
            start_new_session=True,
            preexec_fn=dies_with_us(),  # noqa: PLW1509 (this process has one thread)
        )

    def _ended(self, status: int) -> None:
        if self.age > _STEADY_SECONDS:
            self.failures = 0
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**self.failures)
        self.failures += 1
        self._process = None
        self._due = time.monotonic() + pause
        _log.error("%s ended with status %d; starting it again in %.1f s", self.name, status, pause)
