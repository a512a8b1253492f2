"""NPZ: the zip of arrays that numpy.savez writes, read without NumPy's reader and without pickle."""

import errno
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.datasets.arrays import too_large
from service.datasets.folders import SAMPLES, TARGETS, UPLOAD
from service.datasets.npz_array import NpzArray
from service.datasets.refusal import LONGEST_NAME, Refused, is_name, quoted
from service.datasets.report import Report, report
from service.datasets.samples import Samples
from service.datasets.targets import Target, TargetColumn, several
from service.datasets.workplace import Workplace

_MOST_ENTRIES = 64
_SAMPLES = ("x", "data", "samples", "inputs")
_TARGETS = ("y", "target", "targets", "labels")
_SAVE = "save them as numpy.savez(file, x=samples, y=targets)"
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OverflowError, RuntimeError,
    ValueError,
)  # fmt: skip


def convert(place: Workplace) -> Report:
    """Writes samples and targets, and tells of them. Raises `Refused` with array and place in it."""
    try:
        with zipfile.ZipFile(place.folder / UPLOAD) as archive:
            return _convert(archive, place)
    except (*_DAMAGED, OSError) as error:
        # zipfile seeks wherever the file says.
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise
        raise Refused(f"The NPZ file is damaged or not one that numpy.savez wrote: {error}.") from error


def _convert(archive: zipfile.ZipFile, place: Workplace) -> Report:
    arrays = _arrays(archive, place)
    target_name = _targets_name(arrays, place.order.target)
    x = arrays[_samples_name([name for name in arrays if name != target_name])]
    y = arrays[target_name]
    _check(x, y, place.order.max_data_bytes)
    samples = Samples(place, SAMPLES, x.shape[1:])
    for first, block in x.blocks():
        samples.append(block, _placed(x.name, first))
    samples.close()
    names = [f"column {number}" for number in range(1, x.shape[1] + 1)] if len(x.shape) == 2 else []
    return report("npz", samples, names, x.dtype.name, _targets(y, place))


def _arrays(archive: zipfile.ZipFile, place: Workplace) -> Mapping[str, NpzArray]:
    entries = archive.infolist()
    if len(entries) > _MOST_ENTRIES:
        raise Refused(
            f"The file holds {len(entries)} arrays; at most {_MOST_ENTRIES} are looked at. Send x and y alone."
        )
    arrays: dict[str, NpzArray] = {}
    for entry in entries:
        name = entry.filename.removesuffix(".npy")
        if name == entry.filename:
            raise Refused(f"{quoted(entry.filename)} in the file is no array; {_SAVE}.")
        if not is_name(name):
            limit = f"of at most {LONGEST_NAME} characters, all of them printable"
            raise Refused(f"An array needs a name {limit}, and not {quoted(name)}; {_SAVE}.")
        if name in arrays:
            raise Refused(f"The file holds {quoted(name)} twice.")
        arrays[name] = NpzArray(archive, entry, name, place)
    if not arrays:
        raise Refused(f"The file holds no arrays; {_SAVE}.")
    return arrays


def _targets_name(arrays: Mapping[str, NpzArray], wanted: str | None) -> str:
    if wanted is None:
        return _one_of(arrays, _TARGETS, "targets", "/target")
    if wanted not in arrays:
        raise Refused(f"There is no array {quoted(wanted)}; there are: {_listed(arrays)}.", "/target")
    return wanted


def _samples_name(names: list[str]) -> str:
    return names[0] if len(names) == 1 else _one_of(names, _SAMPLES, "samples", "/file")


def _one_of(names: Iterable[str], known: tuple[str, ...], what: str, pointer: str) -> str:
    found = [name for name in names if name.lower() in known]
    if len(found) == 1:
        return found[0]
    wanted = f"one of {', '.join(f'`{name}`' for name in known)}"
    detail = f"Which array holds the {what}? It is {wanted}, and there are: {_listed(names)}; {_SAVE}."
    raise Refused(detail, pointer)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(quoted(name) for name in names) or "none"


def _check(x: NpzArray, y: NpzArray, max_data_bytes: int) -> None:
    if not 2 <= len(x.shape) <= 4:
        wanted = "[N, features], [N, time, features] or [N, channels, height, width]"
        raise Refused(f"`{x.name}` has shape {list(x.shape)}; samples have {wanted}.")
    if x.dtype.kind == "U":
        raise Refused(f"`{x.name}` holds text; samples must be numbers.")
    if not prod(x.shape) or not prod(y.shape):
        empty = y if prod(x.shape) else x
        raise Refused(f"`{empty.name}` has shape {list(empty.shape)}: it is empty.")
    if len(y.shape) > 2 or not y.shape or (y.dtype.kind == "U" and len(y.shape) > 1):
        raise Refused(f"`{y.name}` has shape {list(y.shape)}; targets have [N], or [N, outputs] real values.")
    if x.shape[0] != y.shape[0]:
        raise Refused(f"`{x.name}` has {x.shape[0]} samples and `{y.name}` {y.shape[0]} targets; send one for each.")
    if len(x.shape) == 4 and x.shape[3] in {1, 3, 4} and x.shape[1] == x.shape[2] > 4:
        hint = f"they are [N, channels, height, width]: {x.name}.transpose(0, 3, 1, 2)."
        raise Refused(f"`{x.name}` has shape {list(x.shape)}, which looks like images with their channels last; {hint}")
    if 4 * (prod(x.shape) + prod(y.shape)) > max_data_bytes:
        raise too_large(max_data_bytes)


def _targets(y: NpzArray, place: Workplace) -> Target:
    if len(y.shape) == 2 and y.shape[1] > 1:
        if place.order.target_kind == "classes":
            raise Refused(f"`{y.name}` has shape {list(y.shape)}; classes are one label a sample, [N].", "/target_kind")
        written = Samples(place, TARGETS, y.shape[1:])
        for first, block in y.blocks():
            written.append(block, _placed(y.name, first))
        return several(y.name, written)
    column = TargetColumn(place, y.name)
    for first, block in y.blocks():
        placed = _placed(y.name, first)
        column.add(_keys(y, block), lambda where, placed=placed: placed((where,)))  # type: ignore[misc]
    return column.finish()


def _keys(y: NpzArray, block: NDArray[Any]) -> list[Any]:
    flat = block.reshape(-1)
    if flat.dtype.kind != "U":
        return flat.astype(np.float64).tolist()
    # NumPy hands on to Python whatever is there, and Python takes it for its own fault.
    if flat.view(f"{flat.dtype.str[0]}u4").max() > sys.maxunicode:
        raise Refused(f"`{y.name}` holds text that is none.")
    return [text.strip() for text in flat.tolist()]


def _placed(name: str, first: int) -> Callable[[tuple[int, ...]], str]:
    return lambda where: f"`{name}{[first + where[0], *where[1:]]}`:"
