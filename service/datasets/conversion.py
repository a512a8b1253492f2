"""The process that makes arrays of an upload, seen from the one that started it."""

import json
import logging
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import DEVNULL

import anyio
import orjson

import service
from service.datasets.workplace import Order
from service.errors import StorageFull, UnreadableDataset
from service.spec.data.sources.uploaded import Description

_log = logging.getLogger(__name__)
_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Converted:
    """What has come of an upload; its arrays lie beside it."""

    format: str
    bytes: int
    description: str
    contents: str


async def convert(folder: Path, order: Order) -> Converted:
    """Makes arrays of the upload in `folder`. Cancelled, it ends the process.

    Raises `UnreadableDataset` with the reason, or `StorageFull`.
    """
    done = None
    with anyio.move_on_after(_SECONDS):
        done = await anyio.run_process(_command(folder, order), stdin=DEVNULL, check=False, env=_environment())
    if done is None or done.returncode < 0:
        raise unreadable("Reading the file takes too long, or too much memory; send less.")
    if done.returncode != 0:
        _log.error("the conversion of an upload failed: %s", done.stderr.decode(errors="replace"))
        raise unreadable("The file could not be read; the service's log has the details.")
    match orjson.loads(done.stdout):
        case {"refused": {"detail": str() as detail, "pointer": str() as pointer}}:
            raise unreadable(detail, pointer)
        case {"full": True}:
            raise StorageFull
        case {"dataset": {"format": file_format, "bytes": stored, "description": description, "contents": contents}}:
            checked = Description.model_validate_json(orjson.dumps(description))
            return Converted(file_format, stored, checked.model_dump_json(), orjson.dumps(contents).decode())
        case other:
            raise RuntimeError(f"the conversion answered {other!r}")


def unreadable(detail: str, pointer: str = "/file") -> UnreadableDataset:
    """No dataset can be made of this file."""
    return UnreadableDataset(detail, errors=[{"pointer": pointer, "detail": detail}])


def _command(folder: Path, order: Order) -> list[str]:
    return [sys.executable, "-P", "-m", "service.datasets.convert", str(folder), json.dumps(asdict(order))]


def _environment() -> dict[str, str]:
    """Nothing that is secret: a file may find a way to read it."""
    inherited = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    # Threads of a linear algebra library would only take address space.
    return inherited | {
        "PYTHONPATH": str(Path(service.__path__[0]).parent),
        "PYTHONUTF8": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
