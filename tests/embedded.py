"""The whole service as its users start it: `gradclinic up`, on a free port, in a folder of its own."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

ROOT = Path(__file__).parents[1]
# For tests of recovery: the same mechanisms, sooner.
HASTE = {
    "GRADCLINIC_LEASE_SECONDS": "3",
    "GRADCLINIC_HEARTBEAT_SECONDS": "0.3",
    "GRADCLINIC_REAP_SECONDS": "0.3",
    "GRADCLINIC_RING_SECONDS": "1",
    "GRADCLINIC_CHUNK_SECONDS": "0.1",
    "GRADCLINIC_RATE_LIMIT": "1000000/minute",
}
_SECONDS = 60.0
_READY = re.compile(r"^\s+API\s+(http://\S+)", re.MULTILINE)


class Embedded:
    """One service and its processes."""

    def __init__(self, data_dir: Path, settings: Mapping[str, str]) -> None:
        self.data_dir = data_dir
        self.log = data_dir.parent / f"{data_dir.name}.log"
        self.environment = environment(data_dir, settings)
        with self.log.open("ab") as log:
            self._from = log.tell()
            self.process = subprocess.Popen(
                command("up"), env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0
            )
        self.url = ""

    def wait_until_ready(self) -> None:
        """Returns once it has said that it is ready."""
        until(lambda: _READY.search(self.output()) or self.process.poll() is not None, told=self.output)
        ready = _READY.search(self.output())
        assert ready, self.output()
        self.url = ready[1]

    def output(self) -> str:
        """What it wrote since it was started."""
        return self.log.read_bytes()[self._from :].decode(errors="replace")

    @property
    def database_url(self) -> str:
        """Where it keeps its jobs."""
        return self.environment.get("GRADCLINIC_DATABASE_URL") or f"sqlite:///{self.data_dir / 'gradclinic.sqlite3'}"

    def client(self) -> httpx.Client:
        """A client of its API."""
        return httpx.Client(base_url=self.url, timeout=30)

    def part(self, words: str) -> psutil.Process:
        """The process of it with `words` in its command line, waited for."""
        found: list[psutil.Process] = []

        def there() -> bool:
            found[:] = [process for process in belonging(self.data_dir) if words in _line(process)]
            return bool(found)

        until(there, told=self.output)
        return found[0]

    def worker(self) -> psutil.Process:
        """The process that waits for messages."""
        return self.part("-m worker")

    def trainer(self) -> psutil.Process:
        """The process that trains."""
        return self.part("billiard.spawn")

    def broker(self) -> psutil.Process:
        """The Valkey."""
        return self.part("valkey-server")

    def stop(self) -> int:
        """Asks it to stop and waits; its exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(_SECONDS)


@contextlib.contextmanager
def embedded(data_dir: Path, settings: Mapping[str, str] = {}) -> Iterator[Embedded]:
    """The service, ready; stopped at the end, and every process of it with it."""
    service = Embedded(data_dir, settings)
    try:
        service.wait_until_ready()
        yield service
    finally:
        with contextlib.suppress(subprocess.TimeoutExpired):
            service.stop()
        service.process.kill()
        service.process.wait()
        for process in belonging(data_dir):
            process.kill()


@pytest.fixture(scope="session")
def service_url() -> Iterator[str]:
    """The address of a whole service with default settings: real API, real worker, real broker, SQLite."""
    with tempfile.TemporaryDirectory(prefix="gc-up-") as folder, embedded(Path(folder) / "data") as service:
        yield service.url


def command(*arguments: str) -> list[str]:
    """The command line of `gradclinic`."""
    return [sys.executable, "-P", "-m", "service.cli", *arguments]


def environment(data_dir: Path, settings: Mapping[str, str] = {}) -> dict[str, str]:
    """The environment of a service of its own in `data_dir`, whatever the tests run in."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GRADCLINIC_")}
    own = {"PYTHONPATH": str(ROOT), "GRADCLINIC_DATA_DIR": str(data_dir), "GRADCLINIC_PORT": "0"}
    return {**inherited, **own, **settings}


def belonging(data_dir: Path) -> list[psutil.Process]:
    """Every living process that has this data directory in its environment or its command line."""
    return [process for process in psutil.process_iter() if _knows(process, str(data_dir))]


def alive(process: psutil.Process) -> bool:
    """Whether it still runs; what its parent has yet to bury does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def until(condition: Callable[[], Any], *, seconds: float = _SECONDS, told: Callable[[], str] = str) -> None:
    """Waits for `condition`; fails with what `told` says."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain\n{told()}"
        time.sleep(0.02)


def _knows(process: psutil.Process, data_dir: str) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        # Valkey overwrites its environment with its title.
        return process.environ().get("GRADCLINIC_DATA_DIR") == data_dir or f"{data_dir}/" in _line(process)
    except psutil.Error:
        return False


def _line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
