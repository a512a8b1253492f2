"""A file of 100 MB: the process that takes it in stays small, and keeps answering others."""

import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest

from service.store import migrate
from tests.api.serving import json_of
from tests.embedded import command, environment, until
from tests.supervisor.ports import closed_port

ROWS = 100
BYTES = 100_000_000
"""Bytes of the file."""
GROWTH = 40 << 20
"""Bytes by which the API may grow; it holds a megabyte of a file at a time, and the file is 100."""


@pytest.fixture
def api(tmp_path: Path) -> Iterator[tuple[httpx.Client, psutil.Process]]:
    """An API in a process of its own."""
    migrate.upgrade(f"sqlite:///{tmp_path / 'gradclinic.sqlite3'}")
    port = closed_port()
    settings = {"GRADCLINIC_PORT": str(port), "GRADCLINIC_BROKER_URL": "redis://127.0.0.1:1/0"}
    told = environment(tmp_path, settings | {"GRADCLINIC_RATE_LIMIT": "1000000/minute"})
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command("api"), env=told, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=90) as client:
            until(lambda: _answers(client), told=(tmp_path / "log").read_text)
            yield client, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def test_a_hundred_megabytes(api: tuple[httpx.Client, psutil.Process], tmp_path: Path) -> None:
    client, process = api
    json_of(_post(client, 1), 201)
    deadline = time.monotonic() + 1
    idle, before = _watched(client, process, until=lambda: time.monotonic() > deadline)

    answers: list[httpx.Response] = []
    uploading = threading.Thread(target=lambda: answers.append(_post(client, BYTES // len(_BLOCK))))
    uploading.start()
    busy, most = _watched(client, process, until=lambda: not uploading.is_alive())
    uploading.join()

    dataset = json_of(answers[0], 201)
    assert dataset["bytes"] > 0.99 * BYTES
    assert dataset["samples"] == dataset["bytes"] // len(_BLOCK) * ROWS
    assert dataset["target"]["counts"] == [dataset["samples"] // 2] * 2
    assert most - before < GROWTH
    # Of a machine whose every core is taken, a median says whether the event loop was; the slowest says nothing.
    assert len(busy) > 20
    assert statistics.median(busy) < max(20 * statistics.median(idle), 0.1)
    assert sorted(path.name for path in (tmp_path / "datasets" / dataset["id"]).iterdir()) == [
        "samples.npy",
        "targets.npy",
    ]


_ROW = ",".join(f"{number:.6f}" for number in np.random.default_rng(0).normal(size=19))
_BLOCK = "".join(f"{_ROW},{row % 2}\n" for row in range(ROWS)).encode()


def _post(client: httpx.Client, blocks: int) -> httpx.Response:
    """Sends a table of `blocks` times the same rows, as it is made."""
    headers = {"content-type": "multipart/form-data; boundary=cut"}
    return client.post("/v1/datasets", content=_form(blocks), headers=headers)


def _form(blocks: int) -> Iterator[bytes]:
    yield b'--cut\r\nContent-Disposition: form-data; name="file"; filename="large.csv"\r\n\r\n'
    yield (",".join(f"x{number}" for number in range(19)) + ",y\n").encode()
    for _ in range(blocks):
        yield _BLOCK
    yield b"\r\n--cut--\r\n"


def _watched(client: httpx.Client, process: psutil.Process, until: Callable[[], bool]) -> tuple[list[float], int]:
    """Seconds of each answer of the API, and the most memory it had."""
    seconds, most = [], 0
    while not until():
        start = time.perf_counter()
        client.get("/healthz").raise_for_status()
        seconds.append(time.perf_counter() - start)
        most = max(most, process.memory_info().rss)
        time.sleep(0.01)
    return seconds, most


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").is_success
    except httpx.TransportError:
        return False
