"""Files that labs upload, and files that nobody should."""

import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from service.datasets.convert import outcome
from service.datasets.folders import SAMPLES, TARGETS, UPLOAD
from service.datasets.workplace import Order, TargetKind

IRIS = "length,width,species\n5.1,3.5,setosa\n6.2,2.9,virginica\n4.9,3.0,setosa\n5.9,3.0,virginica\n"


def converted(
    folder: Path,
    content: bytes | str,
    *,
    target: str | None = None,
    target_kind: TargetKind = "auto",
    max_data_bytes: int = 1 << 26,
) -> dict[str, Any]:
    """What the conversion answers to a file, in this process."""
    folder.mkdir(exist_ok=True)
    (folder / UPLOAD).write_bytes(content.encode() if isinstance(content, str) else content)
    return outcome(folder, Order(target, target_kind, max_data_bytes))


def arrays(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Samples and targets as a worker finds them."""
    return np.load(folder / SAMPLES, allow_pickle=False), np.load(folder / TARGETS, allow_pickle=False)


def npz(**named: np.ndarray) -> bytes:
    """What NumPy makes of arrays."""
    file = io.BytesIO()
    np.savez_compressed(file, **named)  # type: ignore[arg-type]  # one of them could be named `allow_pickle`
    return file.getvalue()


def stored(**named: np.ndarray) -> bytes:
    """The same without compression."""
    file = io.BytesIO()
    np.savez(file, **named)  # type: ignore[arg-type]
    return file.getvalue()


def header(descr: object, shape: object, *, fortran: object = False, length: int | None = None) -> bytes:
    """The header of an array, whatever it claims."""
    text = repr({"descr": descr, "fortran_order": fortran, "shape": shape}).encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text) if length is None else length) + text


def zipped(*, method: int = zipfile.ZIP_DEFLATED, **entries: bytes) -> bytes:
    """A zip of files as they are, each with the ending of an array."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    """One array as NumPy saves it."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()
