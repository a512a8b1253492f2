"""The API on a real socket, in this process."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from service.api.app import create_app
from service.settings import Settings
from service.supervisor.listener import listen

_START_SECONDS = 20


@contextlib.contextmanager
def serving(database_url: str, data_dir: Path, **settings: Any) -> Iterator[httpx.Client]:
    """A client of an API of its own; what it serves lies in the database."""
    chosen = {"broker_url": "redis://127.0.0.1:1/0", "rate_limit": "1000000/minute", **settings}
    app = create_app(Settings(data_dir=data_dir, database_url=database_url, **chosen))
    with contextlib.closing(listen("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=2)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="uvicorn")
        thread.start()
        try:
            deadline = time.monotonic() + _START_SECONDS
            while not server.started:
                assert thread.is_alive(), "the API did not start"
                assert time.monotonic() < deadline, "the API starts too slowly"
                time.sleep(0.005)
            with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=20) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


def json_of(response: httpx.Response, status: int = 200) -> Any:
    """The answer's document, which has the status expected of it and is JSON as the standard says."""

    def refuse(token: str) -> None:
        raise AssertionError(f"{token} is not JSON")

    assert response.status_code == status, response.text
    return response.json(parse_constant=refuse)


def problem_of(response: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """The answer's problem, in the shape that every problem has."""
    document: dict[str, Any] = json_of(response, status)
    assert response.headers["content-type"] == "application/problem+json"
    members = {"type", "title", "status", "detail", "instance", "request_id"}
    assert set(document) - {"errors", "checks"} == members
    assert document["type"] == f"/problems/{slug}"
    assert document["status"] == status
    assert document["instance"] == response.request.url.path
    assert document["request_id"] == response.headers["x-request-id"]
    assert all(isinstance(document[member], str) and document[member] for member in members - {"status"})
    for error in document.get("errors", ()):
        assert set(error) == {"pointer", "detail"}
        assert error["detail"].endswith((".", "?", ":")), error
    return document


def post(client: httpx.Client, document: object, **headers: str) -> httpx.Response:
    """What the API says to an experiment."""
    return client.post("/v1/jobs", json=document, headers=headers)
