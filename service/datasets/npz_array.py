"""One array of an NPZ file, block by block."""

import zipfile
from collections.abc import Iterator
from functools import cached_property
from math import prod
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from service.datasets.npy_header import Header, read_header
from service.datasets.refusal import Refused, quoted
from service.datasets.workplace import Workplace

_BLOCK_NUMBERS = 1 << 18
_PIECE = 1 << 20
_ENCRYPTED = 1
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


class NpzArray:
    """An array that is held to what it claims, before and while it is read. Raises `Refused`."""

    def __init__(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, place: Workplace) -> None:
        self.name = name
        self._archive, self._entry, self._place = archive, entry, place

    @property
    def shape(self) -> tuple[int, ...]:
        """As its header claims; of blocks, the first number is smaller."""
        return self._header.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Numbers, booleans or text."""
        return self._header.dtype

    def blocks(self) -> Iterator[tuple[int, NDArray[Any]]]:
        """Where each block begins, and its [n, *rest]."""
        with self._archive.open(self._entry) as stream:
            read_header(stream, self.name)
            if self._header.fortran_order and len(self.shape) > 1:
                yield from self._columns_first(stream)
            else:
                yield from self._rows_first(stream)
            # At the very end zipfile compares the checksum.
            if stream.read(1):
                raise Refused(f"`{self.name}` has more numbers than its header says.")

    @cached_property
    def _header(self) -> Header:
        entry = self._entry
        if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
            raise Refused(f"{quoted(self.name)} is encrypted or packed in an unusual way; use numpy.savez_compressed.")
        with self._archive.open(entry) as stream:
            header = read_header(stream, self.name)
            claimed = stream.tell() + header.bytes
        if claimed != entry.file_size:
            shape = f"shape {list(header.shape)} of {header.dtype.name}"
            raise Refused(f"`{self.name}` has {entry.file_size} bytes, and its header says {claimed} ({shape}).")
        return header

    @property
    def _rows_per_block(self) -> int:
        return max(1, _BLOCK_NUMBERS // max(1, prod(self.shape[1:])))

    def _rows_first(self, stream: IO[bytes]) -> Iterator[tuple[int, NDArray[Any]]]:
        rows, rest = self.shape[0], self.shape[1:]
        row_bytes = prod(rest) * self.dtype.itemsize
        for first in range(0, rows, self._rows_per_block):
            count = min(self._rows_per_block, rows - first)
            yield first, np.frombuffer(self._read(stream, count * row_bytes), self.dtype).reshape(count, *rest)

    def _columns_first(self, stream: IO[bytes]) -> Iterator[tuple[int, NDArray[Any]]]:
        """By way of the disk: every sample is spread over the whole of the array."""
        path = self._place.folder / "columns"
        with self._place.new(path.name) as file:
            for start in range(0, self._header.bytes, _PIECE):
                file.write(self._read(stream, min(_PIECE, self._header.bytes - start)))
        spread = np.memmap(path, self.dtype, "r", shape=self.shape, order="F")
        path.unlink()
        for first in range(0, self.shape[0], self._rows_per_block):
            yield first, np.ascontiguousarray(spread[first : first + self._rows_per_block])

    def _read(self, stream: IO[bytes], count: int) -> bytes:
        data = stream.read(count)
        if len(data) < count:
            raise Refused(f"`{self.name}` ends before the last of its numbers.")
        return data
