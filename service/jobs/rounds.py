"""A thread that goes its rounds until it is told to stop."""

import logging
import threading
from collections.abc import Callable
from typing import Self

from service.errors import StoreUnavailable

_log = logging.getLogger(__name__)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


class Rounds:
    """Calls `duty` again and again, each time after the seconds that the last call returned, or at once on `wake()`.

    An outage of the database is logged once and waited out; no exception of `duty` ends the rounds.
    """

    def __init__(self, name: str, duty: Callable[[], float]) -> None:
        self._name = name
        self._duty = duty
        self._awake = threading.Event()
        self._stopping = False
        self._pause = 0.0
        self._thread = threading.Thread(target=self._go, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping = True
        self._awake.set()
        self._thread.join()

    def wake(self) -> None:
        """There is something to do. Cheap, from any thread."""
        self._awake.set()

    def _go(self) -> None:
        while not self._stopping:
            self._awake.wait(self._one())
            self._awake.clear()

    def _one(self) -> float:
        try:
            pause = self._duty()
        except StoreUnavailable:
            if not self._pause:
                _log.warning("%s waits: the database does not answer", self._name)
        except Exception:  # noqa: BLE001 (a thread that dies here would leave jobs lying for ever)
            _log.exception("%s failed; it goes on", self._name)
        else:
            self._pause = 0.0
            return pause
        self._pause = min(_LONGEST_PAUSE, 2 * self._pause or _FIRST_PAUSE)
        return self._pause
