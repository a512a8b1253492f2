"""Ending long answers as soon as the process is told to stop, and not when the server loses its patience."""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from service.api.stream import Streams

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def on_signals(streams: Streams) -> None:
    """Before the server's own handlers run, lets `streams` drain. The server puts the old handlers back at its end."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in _SIGNALS:
        handler = signal.getsignal(number)
        if callable(handler):
            signal.signal(number, _draining_first(handler, streams))


def _draining_first(
    handler: Callable[[int, FrameType | None], Any], streams: Streams
) -> Callable[[int, FrameType | None], None]:
    def drain(number: int, frame: FrameType | None) -> None:
        streams.draining = True
        handler(number, frame)

    return drain
