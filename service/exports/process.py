"""The process that writes an export, seen from the one that started it."""

import contextlib
import json
import logging
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from subprocess import PIPE
from typing import IO

import anyio
from anyio.abc import Process

import service
from service.errors import NotFound, StoreUnavailable
from service.exports.order import BUSY, GONE, Order

_log = logging.getLogger(__name__)
_COMMAND = [sys.executable, "-P", "-m", "service.exports.write"]
_PIECE_BYTES = 1 << 16


class ExportFailed(Exception):
    """The process did not write the whole file; the log says why."""


@asynccontextmanager
async def exporting(database_url: str, order: Order) -> AsyncIterator[AsyncIterator[bytes]]:
    """The file as it is written, piece by piece; the process ends with the block, whatever happens in it.

    It waits where nobody reads. The pieces end by `NotFound`, `StoreUnavailable` or `ExportFailed` where the file was
    not written to its end.
    """
    with tempfile.TemporaryFile() as errors:
        process = await anyio.open_process(_COMMAND, stdin=PIPE, stdout=PIPE, stderr=errors, env=_environment())
        try:
            told = {"database": database_url, **asdict(order)}
            yield _pieces(process, json.dumps(told).encode(), errors)
        finally:
            with anyio.CancelScope(shield=True):
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.aclose()


async def _pieces(process: Process, told: bytes, errors: IO[bytes]) -> AsyncIterator[bytes]:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("an export has pipes")
    # By a pipe, since others may read a command line, and the address of a database has its password.
    with contextlib.suppress(anyio.BrokenResourceError, OSError):
        await process.stdin.send(told)
        await process.stdin.aclose()
    with contextlib.suppress(anyio.EndOfStream):
        while True:
            yield await process.stdout.receive(_PIECE_BYTES)
    status = await process.wait()
    if status == GONE:
        raise NotFound("The job is there no more, or was started again meanwhile.")
    if status == BUSY:
        raise StoreUnavailable
    if status != 0:
        errors.seek(0)
        _log.error("an export failed with status %d: %s", status, errors.read().decode(errors="replace"))
        raise ExportFailed


def _environment() -> dict[str, str]:
    """That of this process: the way to a database may be in it."""
    return os.environ | {
        "PYTHONPATH": str(Path(service.__path__[0]).parent),
        "PYTHONUTF8": "1",
        # Threads of a linear algebra library would only take address space.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
