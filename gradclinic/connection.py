"""Requests to one service, repeated where that is safe and may help."""

import contextlib
import logging
import time
import weakref
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import orjson

from gradclinic.download import written
from gradclinic.errors import Json, Refused, Unreachable
from gradclinic.patience import Patience

_SECONDS = httpx.Timeout(30, connect=5)
# Where nothing has ever answered, most likely nothing is there: say so soon.
_FIRST_CONTACT_SECONDS = 1.0
# Whoever waits longer than this wants to know for what.
_TOLD_SECONDS = 2.0
_BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_log = logging.getLogger(__name__)


class Connection:
    """One service. Every call raises `Unreachable` or `Refused`, after about `patience` seconds of trying at most."""

    def __init__(self, url: str, key: str | None, patience: float) -> None:
        self.url = url.rstrip("/")
        self._patience = patience
        self._met = False
        # In bytes: a header of text would have to be ASCII.
        headers = {b"Authorization": f"Bearer {key}".encode()} if key else {}
        self._http = httpx.Client(base_url=self.url, headers=headers, timeout=_SECONDS, follow_redirects=True)
        # Who closes a client in a notebook?
        self.close = weakref.finalize(self, self._http.close)

    def ready(self) -> bool:
        """Whether a Gradient Clinic answers here; tried once."""
        try:
            return self._http.get("/healthz", timeout=2).status_code == HTTPStatus.OK
        except httpx.HTTPError:
            return False

    def get(self, path: str, **request: Any) -> Any:
        """The JSON that answers."""
        return self._json(self._asked("GET", path, repeatable=True, **request))

    def post(self, path: str, *, repeatable: bool = False, **request: Any) -> Any:
        """The JSON that answers. `repeatable`: asking twice does no more than asking once."""
        return self._json(self._asked("POST", path, repeatable=repeatable, **request))

    def delete(self, path: str) -> None:
        """Nothing answers but a status."""
        self._asked("DELETE", path, repeatable=False)

    def download(self, path: str, to: Path, **request: Any) -> Path:
        """Writes a file, whole or not at all. `to`: its path, or a folder, in which it gets the service's name."""
        response = self._asked("GET", path, repeatable=True, stream=True, **request)
        with self._faults(), contextlib.closing(response):
            return written(response, to)

    def lines(self, path: str, headers: dict[str, str], silence: float) -> Iterator[str]:
        """A stream, tried once. Raises `Unreachable` when it breaks off or is silent for `silence` seconds."""
        waits = httpx.Timeout(silence, connect=5)
        with self._faults(), self._http.stream("GET", path, headers=headers, timeout=waits) as response:
            if response.status_code != HTTPStatus.OK:
                response.read()
                raise _refusal(response)
            yield from response.iter_lines()

    def _asked(
        self, method: str, path: str, *, repeatable: bool, stream: bool = False, **request: Any
    ) -> httpx.Response:
        patience = Patience(self._patience if self._met else min(self._patience, _FIRST_CONTACT_SECONDS))
        while True:
            try:
                response = self._http.send(self._http.build_request(method, path, **request), stream=stream)
                if response.is_error:
                    response.read()
            except httpx.TransportError as error:
                again = repeatable or isinstance(error, _NOT_SENT)
                told: Exception = self._unreachable(error)
                pause = patience.pause() if again else None
            except (httpx.RequestError, httpx.InvalidURL) as error:
                raise self._unreachable(error) from error
            else:
                if not response.is_error:
                    self._met = True
                    return response
                if not self._met:
                    self._met, patience = True, Patience(self._patience)
                told = _refusal(response)
                busy = response.status_code in _BUSY
                pause = patience.pause(response.headers.get("Retry-After")) if busy else None
            if pause is None:
                raise told
            if pause >= _TOLD_SECONDS:
                _log.warning("%s Asking again in %.0f s.", told, pause)
            time.sleep(pause)

    def _json(self, response: httpx.Response) -> Any:
        try:
            return orjson.loads(response.content)
        except orjson.JSONDecodeError as error:
            raise Unreachable(f"What answers at {self.url} is not a Gradient Clinic.") from error

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> Unreachable:
        return Unreachable(f"No Gradient Clinic answers at {self.url} ({error}); `gradclinic up` starts one.")


def _refusal(response: httpx.Response) -> Refused:
    try:
        problem = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        problem = {}
    told: Json = problem if isinstance(problem, dict) else {}
    return Refused(response.status_code, told)
