"""The signals of the supervisor, and waiting for them."""

import contextlib
import os
import select
import signal
import time
from types import FrameType
from typing import Self

_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# `make` and a terminal may both send one for a single Ctrl-C.
_SAME_SECONDS = 1.0


class Interrupts:
    """While entered, SIGINT, SIGTERM and SIGHUP ask to stop, and a second one insists."""

    def __init__(self) -> None:
        self.stop = False
        self.force = False
        self._first = 0.0

    def __enter__(self) -> Self:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._asked) for number in _STOP}
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, _noticed)
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._reader)
        os.close(self._writer)

    def wait(self, seconds: float) -> None:
        """Returns after `seconds`, or earlier when a signal comes: a child ended, or somebody wants us to stop."""
        select.select([self._reader], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            os.read(self._reader, 4096)

    def _asked(self, _number: int, _frame: FrameType | None) -> None:
        if not self.stop:
            self._first = time.monotonic()
        self.force = self.stop and time.monotonic() - self._first > _SAME_SECONDS
        self.stop = True


def _noticed(_number: int, _frame: FrameType | None) -> None:
    """A handler is needed for the wake-up; `Child.attend` does the rest."""
