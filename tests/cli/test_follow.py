"""Following a job where its event stream breaks off or is not to be had."""

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
import pytest

from service.cli.clinic import Clinic, Event, Refused, Unreachable
from service.cli.follow import follow

_JOB = {
    "state": "succeeded",
    "attempt": 1,
    "progress": {"step": 10, "total_steps": 10},
    "diagnosis": {"verdict": "healthy"},
}
_FIRST = 'id: 1\nevent: progress\ndata: {"step": 5,\ndata: "total_steps": 10}\n\n: a sign of life\n\n'
_LAST = 'id: 2\nevent: done\ndata: {"state": "succeeded", "verdict": "healthy"}\n\n'


class _Service(BaseHTTPRequestHandler):
    """Answers as the lists of its class say: one stream after another, then 503."""

    streams: list[str]
    asked_after: list[str | None]
    status = 503

    def do_GET(self) -> None:
        if not self.path.endswith("/events"):
            return self._answer(200, orjson.dumps(_JOB))
        self.asked_after.append(self.headers["Last-Event-ID"])
        if self.streams:
            return self._answer(200, self.streams.pop(0).encode())
        return self._answer(self.status, orjson.dumps({"title": "Refused", "detail": "no"}))

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name of the base class)
        """Nothing."""


@contextlib.contextmanager
def _serving(*streams: str, status: int = 503) -> Iterator[tuple[Clinic, list[str | None]]]:
    asked: list[str | None] = []
    members = {"streams": list(streams), "asked_after": asked, "status": status}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Scripted", (_Service,), members))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        with Clinic(f"http://127.0.0.1:{server.server_port}") as clinic:
            yield clinic, asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.cli.follow._PAUSE_SECONDS", 0.0)


def test_a_stream_that_breaks_off_is_taken_up_where_it_was() -> None:
    with _serving(_FIRST, _LAST) as (clinic, asked):
        events = list(follow(clinic, "job_1"))
    assert events == [
        Event("progress", {"step": 5, "total_steps": 10}, "1"),
        Event("done", {"state": "succeeded", "verdict": "healthy"}, "2"),
    ]
    assert asked == [None, "1"]


@pytest.mark.parametrize("status", [429, 503])
def test_without_a_stream_it_asks(status: int) -> None:
    with _serving(status=status) as (clinic, asked):
        events = list(follow(clinic, "job_1"))
    assert [event.name for event in events] == ["state", "progress", "done"]
    assert len(asked) == 3


def test_a_refusal_is_final() -> None:
    with _serving(status=404) as (clinic, asked), pytest.raises(Refused):
        list(follow(clinic, "job_1"))
    assert len(asked) == 1


def test_what_is_no_gradient_clinic_is_told_so() -> None:
    with _serving("<html>") as (clinic, _), pytest.raises(Unreachable, match="not a Gradient Clinic"):
        clinic._call("GET", "/events")
