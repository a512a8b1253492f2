"""Arrays on disk that grow row by row."""

import os
from math import prod
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

from service.datasets.refusal import Refused
from service.datasets.workplace import Workplace


class Grown:
    """An .npy file whose number of rows is known only at its end. Raises `Refused` beyond the order's bytes."""

    def __init__(self, place: Workplace, name: str, dtype: DTypeLike, row: tuple[int, ...]) -> None:
        self._dtype, self._row, self._max_bytes = np.dtype(dtype), row, place.order.max_data_bytes
        self._row_bytes = prod(row) * self._dtype.itemsize
        self._file = place.new(name)
        self.rows = 0
        self._write_header()
        self._start = self._file.tell()

    @property
    def bytes(self) -> int:
        """Of the rows so far."""
        return self.rows * self._row_bytes

    def append(self, block: NDArray[Any]) -> None:
        """Adds [n, *row]."""
        self.rows += len(block)
        if self.bytes > self._max_bytes:
            raise too_large(self._max_bytes)
        self._file.write(np.ascontiguousarray(block, self._dtype).data)

    def close(self) -> None:
        """Completes the file, and returns once the disk has it."""
        self._file.seek(0)
        # NumPy leaves room in a header for as many rows as there can be.
        self._write_header()
        if self._file.tell() != self._start:
            raise RuntimeError("the header of an array has grown")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def _write_header(self) -> None:
        header = {"descr": self._dtype.str, "fortran_order": False, "shape": (self.rows, *self._row)}
        npy.write_array_header_1_0(self._file, header)


def too_large(max_bytes: int) -> Refused:
    """As 4-byte numbers the data is more than a run may have."""
    return Refused(
        f"Samples and targets have more than the {max_bytes} bytes that a run may read (GRADCLINIC_MAX_DATA_BYTES); "
        "send fewer samples or features."
    )
