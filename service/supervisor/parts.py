"""The processes of the embedded mode, and how each is started."""

import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from service.settings import Settings
from service.supervisor import valkey
from service.supervisor.child import Child

# -P: a folder named `service` or `worker` where the user happens to be is not ours.
_PYTHON = (sys.executable, "-P", "-m")


def environment(settings: Settings, broker_url: str) -> dict[str, str]:
    """What every process is told: where all of them meet."""
    return {
        **os.environ,
        "GRADCLINIC_DATA_DIR": str(settings.data_dir.resolve()),
        "GRADCLINIC_DATABASE_URL": settings.database,
        "GRADCLINIC_BROKER_URL": broker_url,
    }


def broker(settings: Settings, path: Path) -> Child:
    """The embedded Valkey. Raises `BrokerMissing`."""
    return Child("broker", valkey.command(settings.data_dir.resolve(), path), environment=os.environ)


def api(listener: socket.socket, told: Mapping[str, str]) -> Child:
    """The API, on a socket that is already open."""
    descriptor = listener.fileno()
    command = [*_PYTHON, "service.cli", "api", "--descriptor", str(descriptor)]
    return Child("api", command, environment=told, inherits=[descriptor])


def worker(number: int, told: Mapping[str, str]) -> Child:
    """One of the workers."""
    return Child(f"worker {number}", [*_PYTHON, "worker"], environment=told)
