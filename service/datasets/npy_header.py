"""The header of an .npy array, read without trusting a word of it."""

import ast
import re
import struct
from dataclasses import dataclass
from math import prod
from typing import IO, Any

import numpy as np

from service.datasets.refusal import Refused

# NumPy's own reader allocates what the file asks for before it looks at this limit.
_LONGEST_HEADER = 10_000
_MOST_DIMENSIONS = 32
_MAGIC = b"\x93NUMPY"
_LENGTHS = {1: ("<H", "latin-1"), 2: ("<I", "latin-1"), 3: ("<I", "utf-8")}
_NUMBERS = re.compile(r"[<>|=](?:b1|[iu][1248]|f[248])")
_TEXT = re.compile(r"[<>|=]U(?:[1-9]\d?|1\d\d|200)")


@dataclass(frozen=True, slots=True)
class Header:
    """What an array claims to be."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran_order: bool

    @property
    def bytes(self) -> int:
        """Of all its numbers: exact, however large."""
        return prod(self.shape) * self.dtype.itemsize


def read_header(stream: IO[bytes], name: str) -> Header:
    """Reads up to the first number of array `name`. Raises `Refused`."""
    start = stream.read(8)
    if len(start) < 8 or start[:6] != _MAGIC or start[6] not in _LENGTHS:
        raise Refused(f"`{name}` is no NumPy array; write the file with numpy.savez.")
    kind, encoding = _LENGTHS[start[6]]
    length = int.from_bytes(stream.read(struct.calcsize(kind)), "little")
    if length > _LONGEST_HEADER:
        raise Refused(f"`{name}` has a header of {length} bytes; {_LONGEST_HEADER} are admitted.")
    try:
        fields = ast.literal_eval(stream.read(length).decode(encoding).strip())
        descr, shape, fortran = fields["descr"], fields["shape"], fields["fortran_order"]
    except (ValueError, SyntaxError, TypeError, KeyError, RecursionError, MemoryError) as error:
        raise Refused(f"`{name}` has a header that cannot be read; write the file with numpy.savez.") from error
    if not _is_shape(shape) or not isinstance(fortran, bool):
        raise Refused(f"`{name}` has a header that cannot be read; write the file with numpy.savez.")
    return Header(_dtype(descr, name), shape, fortran)


def _is_shape(shape: object) -> bool:
    if not isinstance(shape, tuple) or len(shape) > _MOST_DIMENSIONS:
        return False
    return all(type(size) is int and 0 <= size < 1 << 48 for size in shape)


def _dtype(descr: object, name: str) -> np.dtype[Any]:
    if isinstance(descr, str) and (_NUMBERS.fullmatch(descr) or _TEXT.fullmatch(descr)):
        return np.dtype(descr)
    if isinstance(descr, str) and descr.endswith("O"):
        raise Refused(f"`{name}` holds Python objects, which only unpickling could read; save numbers instead.")
    raise Refused(f"`{name}` has the type {str(descr)[:40]!r}; save it as float32, as integers or as booleans.")
