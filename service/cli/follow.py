"""What happens to a job, as it happens."""

import time
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus

from service.cli.clinic import Clinic, Event, Refused, Unreachable

ENDED = ("succeeded", "failed", "cancelled")
_TRIES = 3
_PAUSE_SECONDS = 1.0


def follow(clinic: Clinic, job_id: str) -> Iterator[Event]:
    """The job's events up to `done`: from its stream, or by asking every second where there is no stream to be had.

    Raises `Refused` or `Unreachable`.
    """
    last = ""
    misses = 0
    while misses < _TRIES:
        misses += 1
        with suppress(Unreachable):
            for event in _stream(clinic, job_id, last):
                misses = 0
                last = event.id or last
                yield event
                if event.name == "done":
                    return
        time.sleep(_PAUSE_SECONDS)
    yield from _ask(clinic, job_id)


def _stream(clinic: Clinic, job_id: str, after: str) -> Iterator[Event]:
    try:
        yield from clinic.events(job_id, after)
    except Refused as refusal:
        # Too many streams, or a proxy that is at a loss: try again, then ask.
        if refusal.status != HTTPStatus.TOO_MANY_REQUESTS and refusal.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise


def _ask(clinic: Clinic, job_id: str) -> Iterator[Event]:
    state = ""
    while True:
        job = clinic.job(job_id)
        if job["state"] != state:
            state = job["state"]
            yield Event("state", {"state": state, "attempt": job["attempt"]})
        yield Event("progress", job["progress"])
        if state in ENDED:
            yield Event("done", {"state": state, "verdict": job["diagnosis"]["verdict"]})
            return
        time.sleep(_PAUSE_SECONDS)
