"""The one process in charge of the embedded mode."""

import contextlib
import http.client
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from service.errors import StartFailed
from service.jobs import signs
from service.settings import Settings
from service.store import migrate
from service.supervisor import listener as listeners
from service.supervisor import parts, valkey
from service.supervisor.child import Child
from service.supervisor.interrupts import Interrupts
from service.supervisor.lock import exclusive
from service.supervisor.watchdog import Watchdog

_BROKER_SECONDS = 10.0
_START_SECONDS = 120.0
_MOST_FAILURES = 3
_GLANCE_SECONDS = 0.02
_ROUND_SECONDS = 1.0
_STOP_SECONDS = 8.0


def up(settings: Settings, *, announce: Callable[[str], None]) -> None:
    """Runs the whole service until SIGINT or SIGTERM; `announce(url)` is called once it is ready.

    Raises `InsecureBinding`, `AlreadyRunning` or `AddressInUse` before anything is started, `BrokerMissing`,
    `StoreUnavailable` or `StartFailed` after everything that was started is gone again.
    """
    settings.refuse_insecure_binding()
    data_dir = settings.data_dir.resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    with (
        Interrupts() as interrupts,
        exclusive(data_dir),
        contextlib.closing(listeners.listen(settings.host, settings.port)) as listener,
        _fresh(signs.run_dir(data_dir)) as run_dir,
        valkey.socket_path(run_dir) as broker_socket,
    ):
        supervisor = Supervisor(settings, listener, interrupts)
        try:
            supervisor.start(broker_socket)
            if not interrupts.stop:
                announce(listeners.url(listener))
            supervisor.watch()
        finally:
            supervisor.stop()


class Supervisor:
    """Starts the parts in order, keeps them running, and stops them in reverse."""

    def __init__(self, settings: Settings, listener: socket.socket, interrupts: Interrupts) -> None:
        self._settings = settings
        self._listener = listener
        self._interrupts = interrupts
        self._workers: list[Child] = []
        self._children: list[Child] = []

    def start(self, broker_socket: Path) -> None:
        """Returns when a job can be posted and a worker waits for it, or when a stop was asked for."""
        broker_url = self._settings.broker_url or valkey.url(broker_socket)
        if not self._settings.broker_url:
            self._add(parts.broker(self._settings, broker_socket))
        migrate.upgrade(self._settings.database)
        if not self._settings.broker_url:
            self._until(lambda: valkey.answers(broker_socket), _BROKER_SECONDS)
        told = parts.environment(self._settings, broker_url)
        self._workers = [self._add(parts.worker(number, told)) for number in range(1, self._settings.workers + 1)]
        self._add(parts.api(self._listener, told))
        self._until(self._is_ready, _START_SECONDS)

    def watch(self) -> None:
        """Starts again whatever ends, until a stop is asked for."""
        watchdog = Watchdog(self._settings.data_dir, lease_seconds=self._settings.lease_seconds)
        while not self._interrupts.stop:
            for child in self._children:
                child.attend()
            for worker in self._workers:
                watchdog.look(worker)
            self._interrupts.wait(_ROUND_SECONDS)

    def stop(self) -> None:
        """Ends everything that was started, the last first; at once where it was asked for twice."""
        # Nobody new is let in; the API has its own copy of the socket and closes it by itself.
        self._listener.close()
        while self._children:
            child = self._children.pop()
            child.stop()
            deadline = time.monotonic() + _STOP_SECONDS
            while not child.ended() and time.monotonic() < deadline and not self._interrupts.force:
                self._interrupts.wait(_GLANCE_SECONDS)
            child.kill()

    def _add(self, child: Child) -> Child:
        child.attend()
        self._children.append(child)
        return child

    def _until(self, ready: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self._interrupts.stop and not ready():
            for child in self._children:
                child.attend()
                if child.failures >= _MOST_FAILURES:
                    raise StartFailed(f"The {child.name} does not start; its last lines above say why.")
            if time.monotonic() > deadline:
                raise StartFailed(f"The service was not ready after {seconds:.0f} seconds.")
            self._interrupts.wait(_GLANCE_SECONDS)

    def _is_ready(self) -> bool:
        data_dir = self._settings.data_dir
        introduced = (worker.pid and signs.find_alive_file(data_dir, worker.pid) for worker in self._workers)
        return all(introduced) and _answers(listeners.local_address(self._listener))


@contextlib.contextmanager
def _fresh(folder: Path) -> Iterator[Path]:
    """An empty folder, removed at the end; what a crash left in it is removed first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _answers(address: tuple[str, int]) -> bool:
    connection = http.client.HTTPConnection(*address, timeout=0.2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
