"""One service per data directory."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from service.errors import AlreadyRunning


@contextlib.contextmanager
def exclusive(data_dir: Path) -> Iterator[None]:
    """The data directory is ours until the block ends, or this process does. Raises `AlreadyRunning`."""
    path = data_dir / "lock"
    descriptor = _lock(path)
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        # Removed while it is still locked: nobody else can hold the file that we remove.
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _lock(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(descriptor, 32, 0).decode().strip()
            os.close(descriptor)
            raise AlreadyRunning(
                f"Process {owner or 'unknown'} already runs Gradient Clinic on {path.parent}; "
                "stop it, or choose another GRADCLINIC_DATA_DIR."
            ) from None
        # The owner before us may have removed the file between our open and our lock.
        with contextlib.suppress(FileNotFoundError):
            if os.fstat(descriptor).st_ino == path.stat().st_ino:
                return descriptor
        os.close(descriptor)
