"""Following a job where its event stream breaks off or is not to be had."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf

import pytest

from gradclinic.connection import Connection
from gradclinic.errors import Refused
from gradclinic.events import Event
from gradclinic.follow import follow
from tests.client.scripted import Answer, Script, scripted

_JOB = {
    "state": "succeeded",
    "attempt": 1,
    "progress": {"step": 10, "total_steps": 10},
    "diagnosis": {"verdict": "healthy"},
}
_FIRST = b'id: 1\nevent: progress\ndata: {"step": 5,\ndata: "total_steps": 10}\n\n: a sign of life\n\n'
_LAST = b'id: 2\nevent: done\ndata: {"state": "succeeded", "verdict": "healthy"}\n\n'
_REFUSED = {"title": "Refused", "detail": "no"}


@contextmanager
def _serving(*answers: Answer) -> Iterator[tuple[Connection, Script]]:
    with scripted(*answers) as script:
        connection = Connection(script.url, None, 5)
        yield connection, script
        connection.close()


def _happened(connection: Connection, until: float = inf) -> list[Event]:
    return list(follow(connection, "/v1/jobs/job_1", until))


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradclinic.follow._PAUSE_SECONDS", 0.0)


def test_a_stream_that_breaks_off_is_taken_up_where_it_was() -> None:
    with _serving(Answer(body=_FIRST), Answer(body=_LAST)) as (connection, script):
        events = _happened(connection)
    assert events == [
        Event("progress", {"step": 5, "total_steps": 10}, "1"),
        Event("done", {"state": "succeeded", "verdict": "healthy"}, "2"),
    ]
    assert [request.headers.get("Last-Event-ID") for request in script.asked] == [None, "1"]


@pytest.mark.parametrize("status", [429, 503])
def test_without_a_stream_it_asks(status: int) -> None:
    with _serving(*[Answer(status, _REFUSED)] * 3, Answer(body=_JOB)) as (connection, script):
        events = _happened(connection)
    assert [event.name for event in events] == ["state", "progress", "done"]
    assert [request.path for request in script.asked] == ["/v1/jobs/job_1/events"] * 3 + ["/v1/jobs/job_1"]


def test_a_refusal_is_final() -> None:
    with _serving(Answer(404, _REFUSED)) as (connection, script), pytest.raises(Refused):
        _happened(connection)
    assert len(script.asked) == 1


def test_a_job_that_takes_too_long_is_left_alone() -> None:
    running = {**_JOB, "state": "running"}
    with (
        _serving(*[Answer(503, _REFUSED)] * 3, Answer(body=running)) as (connection, _),
        pytest.raises(TimeoutError),
    ):
        _happened(connection, until=time.monotonic() + 0.2)
