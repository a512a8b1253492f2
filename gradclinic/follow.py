"""What happens to a job, as it happens."""

import time
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from math import inf

from gradclinic.connection import Connection
from gradclinic.errors import Refused, Unreachable
from gradclinic.events import Event, events

ENDED = ("succeeded", "failed", "cancelled")
_TRIES = 3
_PAUSE_SECONDS = 1.0
# The server sends a sign of life every 15 seconds.
_SILENCE = 45.0
# Whoever has no time to lose looks at the clock this often.
_GLANCE = 2.0


def follow(connection: Connection, path: str, until: float = inf) -> Iterator[Event]:
    """The events of the job at `path` up to `done`: from its stream, or by asking every second where there is none.

    `until`: on the monotonic clock. Raises `Refused`, `Unreachable`, or `TimeoutError` after `until`.
    """
    for event in _happening(connection, path, until):
        yield event
        if event.name == "done":
            return
        _check(until)


def _happening(connection: Connection, path: str, until: float) -> Iterator[Event]:
    last = ""
    misses = 0
    while misses < _TRIES:
        misses += 1
        with suppress(Unreachable):
            for event in _stream(connection, path, last, _SILENCE if until == inf else _GLANCE):
                misses = 0
                last = event.id or last
                yield event
        _check(until)
        time.sleep(_PAUSE_SECONDS)
    yield from _ask(connection, path, until)


def _stream(connection: Connection, path: str, after: str, silence: float) -> Iterator[Event]:
    headers = {"Accept": "text/event-stream", **({"Last-Event-ID": after} if after else {})}
    try:
        yield from events(connection.lines(f"{path}/events", headers, silence))
    except Refused as refusal:
        # Too many streams, or a proxy that is at a loss: try again, then ask.
        if refusal.status != HTTPStatus.TOO_MANY_REQUESTS and refusal.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise


def _ask(connection: Connection, path: str, until: float) -> Iterator[Event]:
    state = ""
    while True:
        job = connection.get(path)
        if job["state"] != state:
            state = job["state"]
            yield Event("state", {"state": state, "attempt": job["attempt"]})
        yield Event("progress", job["progress"])
        if state in ENDED:
            yield Event("done", {"state": state, "verdict": job["diagnosis"]["verdict"]})
            return
        _check(until)
        time.sleep(_PAUSE_SECONDS)


def _check(until: float) -> None:
    if time.monotonic() > until:
        raise TimeoutError
