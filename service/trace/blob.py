"""Arrays as one blob of bytes: a JSON header with names, types and shapes, then the raw numbers, little endian."""

import json
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

_VERSION = 1
_TYPES = ("<f4", "<f8", "<i4", "<i8")


def pack(arrays: Mapping[str, NDArray[np.generic]], layers: tuple[str, ...]) -> bytes:
    """One blob of `arrays`, and the layer names they are about."""
    little = {name: np.ascontiguousarray(array, array.dtype.newbyteorder("<")) for name, array in arrays.items()}
    described = [[name, array.dtype.str, list(array.shape)] for name, array in little.items()]
    header = json.dumps({"v": _VERSION, "layers": layers, "arrays": described}, ensure_ascii=False).encode()
    return b"".join([len(header).to_bytes(4, "little"), header, *(array.tobytes() for array in little.values())])


def unpack(blob: bytes) -> tuple[dict[str, NDArray[np.generic]], tuple[str, ...]]:
    """What `pack` packed; the arrays are read-only views of `blob`. Raises `ValueError` for anything else."""
    start = 4 + int.from_bytes(blob[:4], "little")
    header = json.loads(blob[4:start])
    if header["v"] != _VERSION:
        raise ValueError(f"trace blob of version {header['v']}; this service reads version {_VERSION}")
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, kind, shape in header["arrays"]:
        if kind not in _TYPES:
            raise ValueError(f"trace blob with an array of type {kind}")
        count = int(np.prod(shape, dtype=np.int64))
        arrays[name] = np.frombuffer(blob, np.dtype(kind), count, start).reshape(shape)
        start += count * np.dtype(kind).itemsize
    return arrays, tuple(header["layers"])
