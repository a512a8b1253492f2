"""`python -m service.datasets.convert FOLDER ORDER`: makes arrays of an upload, in a process of its own.

A file may be hostile or huge: here it can neither hold the API's threads up nor fill its memory, and what goes wrong
ends with this process. Writes one JSON document, and nothing of the file is ever executed.
"""

import contextlib
import errno
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from service.datasets import csv_file, npz_file
from service.datasets.folders import UPLOAD
from service.datasets.refusal import Refused
from service.datasets.workplace import Order, Workplace

CPU_SECONDS = 240
_MEMORY_BYTES = 1 << 30
_FULL = {errno.ENOSPC, errno.EDQUOT}
_ZIP = b"PK"
_OTHERS = {
    b"\x93NUMPY": "This is one .npy array; send samples and targets together, as numpy.savez(file, x=…, y=…) does.",
    b"\x1f\x8b": "This is a gzip file; unpack it, or send an NPZ.",
    b"\x89HDF": "This is an HDF5 file; send CSV, or NPZ as numpy.savez writes it.",
    b"PAR1": "This is a Parquet file; send CSV, or NPZ as numpy.savez writes it.",
    b"\x80": "This may be a pickle, which is never read; send CSV, or NPZ as numpy.savez writes it.",
}


def main() -> int:
    """Prints what became of the upload: `dataset`, `refused` or `full`."""
    folder, order = Path(sys.argv[1]), Order(**json.loads(sys.argv[2]))
    confine(order.max_data_bytes)
    sys.stdout.write(json.dumps(outcome(folder, order)))
    return 0


def outcome(folder: Path, order: Order) -> dict[str, Any]:
    """Converts the upload in `folder`; the answer as a document."""
    try:
        with Workplace(folder, order) as place:
            return {"dataset": _converted(place)}
    except Refused as refused:
        return {"refused": {"detail": refused.detail, "pointer": refused.pointer}}
    except MemoryError:
        return {"refused": {"detail": "Reading the file takes too much memory; send less.", "pointer": "/file"}}
    except OSError as error:
        if error.errno not in _FULL:
            raise
        return {"full": True}


def confine(max_data_bytes: int) -> None:
    """Bounds what this process may take, and lets others go first."""
    os.nice(10)
    limits = {
        resource.RLIMIT_AS: _MEMORY_BYTES + 2 * max_data_bytes,
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_CORE: 0,
    }
    for what, most in limits.items():
        # Not every system has every limit, and nobody may raise one.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def _converted(place: Workplace) -> dict[str, Any]:
    with (place.folder / UPLOAD).open("rb") as file:
        start = file.read(8)
    if not start:
        raise Refused("The file is empty.")
    for magic, sentence in _OTHERS.items():
        if start.startswith(magic):
            raise Refused(sentence)
    convert = npz_file.convert if start.startswith(_ZIP) else csv_file.convert
    return convert(place)


if __name__ == "__main__":
    sys.exit(main())
