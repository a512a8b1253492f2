"""A real Prometheus that scrapes one API, and what it says."""

import contextlib
import functools
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.embedded import ROOT
from tests.processes import started

HOW_TO_GET_IT = "no Prometheus: `apt install --no-install-recommends prometheus`, which has promtool too"
_SECONDS = 30.0


@functools.cache
def installed() -> bool:
    """Whether this machine has both programs."""
    return shutil.which("prometheus") is not None and shutil.which("promtool") is not None


def promtool(*arguments: str, text: str = "") -> str:
    """What promtool complains of."""
    command = [str(shutil.which("promtool")), *arguments]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    complaints = done.stdout + done.stderr
    return complaints if done.returncode or "check" in arguments[:1] else ""


class Prometheus:
    """A server that scrapes every second."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=20)

    def answers(self) -> bool:
        """Whether it takes queries."""
        try:
            return self._client.get("/-/ready").status_code == 200
        except httpx.TransportError:
            return False

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series of an instant query: `metric` and `value`. Fails where the expression is not valid."""
        answer = self._client.get("/api/v1/query", params={"query": expression}).json()
        assert answer["status"] == "success", f"{expression}: {answer}"
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def value(self, expression: str) -> float:
        """The number of the one series that the expression gives, once it does: a scrape may come too late."""
        self.until(expression)
        (series,) = self.query(expression)
        return float(series["value"][1])

    def until(self, expression: str, holds: Callable[[list[dict[str, Any]]], bool] = bool) -> None:
        """Waits until what the expression gives `holds`."""
        deadline = time.monotonic() + _SECONDS
        while not holds(found := self.query(expression)):
            assert time.monotonic() < deadline, f"{expression}: {found}\n{self.targets()}"
            time.sleep(0.05)

    def targets(self) -> list[dict[str, Any]]:
        """What it scrapes, with the last error."""
        found: list[dict[str, Any]] = self._client.get("/api/v1/targets").json()["data"]["activeTargets"]
        return found

    def metadata(self) -> dict[str, list[dict[str, str]]]:
        """Type and help of every metric it has seen."""
        found: dict[str, list[dict[str, str]]] = self._client.get("/api/v1/metadata").json()["data"]
        return found

    def close(self) -> None:
        """Forgets the server."""
        self._client.close()


@contextlib.contextmanager
def scraping(target: str, folder: Path, key: str = "none is asked for") -> Iterator[Prometheus]:
    """A Prometheus that scrapes the API at the URL `target` with an API key; once it has tried to."""
    config, key_file = folder / "prometheus.yml", folder / "key"
    key_file.write_text(key)
    config.write_text(_config(urlsplit(target).netloc, key_file))
    assert promtool("check", "config", str(config)).count("SUCCESS") == 1
    port = _free_port()
    command = [
        str(shutil.which("prometheus")),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    server = Prometheus(f"http://127.0.0.1:{port}")
    with contextlib.closing(server), started(command, ready=server.answers, folder=folder):
        server.until('up{job="gradclinic"}')
        yield server


def _config(target: str, key_file: Path) -> str:
    """The one that compose mounts, with the addresses of this test and no patience."""
    shipped = (ROOT / "deploy/prometheus/prometheus.yml").read_text()
    swapped = {"api:8000": target, "/run/secrets/api-key": str(key_file), "15s": "1s", "10s": "1s"}
    for here, there in swapped.items():
        assert shipped.count(here) == 1, here
        shipped = shipped.replace(here, there)
    return shipped


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
