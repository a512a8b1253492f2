"""A thin client of the HTTP API."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

import httpx
import orjson

Json = dict[str, Any]
_SECONDS = httpx.Timeout(30, connect=5)
# The server sends a sign of life every 15 seconds.
_SILENCE = httpx.Timeout(45, connect=5)


class Unreachable(Exception):
    """Nothing answers as a Gradient Clinic would."""


class Refused(Exception):
    """The service answered with a problem."""

    def __init__(self, status: int, problem: Json) -> None:
        super().__init__(problem.get("detail") or problem.get("title") or f"HTTP {status}")
        self.status = status
        self.problem = problem

    def lines(self) -> list[str]:
        """The problem as lines of text: what, and where in the request."""
        title = self.problem.get("title") or HTTPStatus(self.status).phrase
        detail = self.problem.get("detail")
        errors = self.problem.get("errors") or []
        places = [f"  {error.get('pointer') or '/'}: {error.get('detail')}" for error in errors]
        return [f"{title} ({self.status}): {detail}" if detail else f"{title} ({self.status})", *places]


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a job's stream."""

    name: str
    data: Json
    id: str = ""


class Clinic:
    """One service. Every call raises `Unreachable` or `Refused`."""

    def __init__(self, url: str, key: str | None = None) -> None:
        self.url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(base_url=self.url, headers=headers, timeout=_SECONDS, follow_redirects=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ready(self) -> bool:
        """Whether a Gradient Clinic answers here."""
        try:
            return self._http.get("/healthz", timeout=2).status_code == HTTPStatus.OK
        except httpx.HTTPError:
            return False

    def submit(self, experiment: bytes) -> Json:
        """The queued job."""
        return self._call("POST", "/v1/jobs", content=experiment, headers={"Content-Type": "application/json"})

    def preflight(self, experiment: bytes) -> Json:
        """What would be trained, and what it takes."""
        return self._call("POST", "/v1/preflight", content=experiment, headers={"Content-Type": "application/json"})

    def job(self, job_id: str) -> Json:
        """The job as it is now."""
        return self._call("GET", f"/v1/jobs/{job_id}")

    def events(self, job_id: str, after: str = "") -> Iterator[Event]:
        """The job's events after the one with id `after`, as they happen, until the server closes the stream."""
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": after} if after else {})}
        with (
            self._faults(),
            self._http.stream("GET", f"/v1/jobs/{job_id}/events", headers=headers, timeout=_SILENCE) as response,
        ):
            if response.status_code != HTTPStatus.OK:
                response.read()
                raise Refused(response.status_code, _problem(response))
            yield from _events(response.iter_lines())

    def page(self, job_id: str) -> str:
        """The address of the job's page in the dashboard."""
        return f"{self.url}/ui/jobs/{job_id}"

    def _call(self, method: str, path: str, **request: Any) -> Json:
        with self._faults():
            response = self._http.request(method, path, **request)
        if response.is_error:
            raise Refused(response.status_code, _problem(response))
        try:
            answer: Json = orjson.loads(response.content)
        except orjson.JSONDecodeError as error:
            raise Unreachable(f"What answers at {self.url} is not a Gradient Clinic.") from error
        return answer

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Unreachable(
                f"No Gradient Clinic answers at {self.url} ({error}); `gradclinic up` starts one."
            ) from error


def _events(lines: Iterator[str]) -> Iterator[Event]:
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            fields[name] = f"{fields['data']}\n{value}" if name == "data" and "data" in fields else value
            continue
        if "data" in fields:
            yield Event(fields.get("event", "message"), orjson.loads(fields["data"]), fields.get("id", ""))
        fields = {}


def _problem(response: httpx.Response) -> Json:
    try:
        problem = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return {}
    return problem if isinstance(problem, dict) else {}
