"""`python -m service.exports.write`: reads an order from standard input, writes the file to standard output.

A process of its own: an export computes for seconds to minutes, which would hold up every thread of the API, and a
client that takes its time holds up nothing but this (docs/decisions/0011-exports-in-a-process-of-their-own.md).
"""

import json
import os
import resource
import sys
from importlib import import_module
from typing import BinaryIO, Protocol, cast

from service.errors import NotFound, StoreUnavailable
from service.exports.order import BUSY, GONE, Format, Order
from service.exports.recording import Changed, Recording
from service.store.database import Database

_BUFFER_BYTES = 1 << 18


class _Writer(Protocol):
    def write(self, recording: Recording, order: Order, file: BinaryIO) -> None:
        """Writes an export to a file that need not be seekable."""


def main() -> int:
    """Writes what is ordered; the exit status."""
    told = json.load(sys.stdin)
    database, order = Database(told.pop("database")), Order(**told)
    # Those who train and those who look at it go first.
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # tensorboardX imports torch where it can, for no use of ours: a second, and 200 MB.
    sys.modules.setdefault("torch", None)  # type: ignore[arg-type]
    file = os.fdopen(sys.stdout.fileno(), "wb", buffering=_BUFFER_BYTES, closefd=False)
    try:
        _writer(order.format).write(Recording(database, order.job_id), order, file)
        file.flush()
    except (NotFound, Changed):
        return GONE
    except StoreUnavailable:
        return BUSY
    except BrokenPipeError:
        # Whoever read it has gone: there is nobody to flush the rest to.
        os._exit(0)
    return 0


def _writer(chosen: Format) -> _Writer:
    """Looked up by name: each format imports what only it needs."""
    return cast("_Writer", import_module(f"service.exports.{chosen}_file"))


if __name__ == "__main__":
    sys.exit(main())
