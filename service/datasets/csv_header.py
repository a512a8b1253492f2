"""The names of the columns, and which of them is the target."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from service.datasets.refusal import LONGEST_NAME, Refused, is_name, quoted
from service.datasets.targets import is_number

_MOST_COLUMNS = 100_000
_SHOWN = 20


class Header(NamedTuple):
    """Whether the first line was one, the columns' names, and the place of the target."""

    written: bool
    names: list[str]
    target: int


def header_of(rows: Sequence[list[str]], target: str | None) -> Header:
    """The header, from the first two rows. Raises `Refused` where names or target are not clear."""
    names = [cell.strip() for cell in rows[0]]
    if len(names) < 2:
        raise Refused("There is only one column; send features and a target, separated by commas.")
    if len(names) > _MOST_COLUMNS:
        raise Refused(f"There are {len(names)} columns; a CSV file may have {_MOST_COLUMNS}. Send wider data as NPZ.")
    written = target in names or _is_header(rows)
    if written:
        _check(names)
    else:
        names = [f"column {number}" for number in range(1, len(names) + 1)]
    return Header(written, names, _place(names, target))


def _is_header(rows: Sequence[list[str]]) -> bool:
    """A header, unless all features in it are numbers; or all but the last, and the last of the next row is none."""
    *features, last = rows[0]
    if not all(is_number(cell) for cell in features):
        return True
    return not is_number(last) and len(rows) > 1 and is_number(rows[1][-1])


def _check(names: Sequence[str]) -> None:
    for number, name in enumerate(names, 1):
        if not name:
            hint = "an index that pandas wrote is left out by to_csv(index=False)."
            raise Refused(f"Line 1: column {number} has no name. Name it, or remove it: {hint}")
        if not is_name(name):
            limit = f"of at most {LONGEST_NAME} characters, all of them printable"
            raise Refused(f"Line 1: column {number} needs a name {limit}, and not {quoted(name)}.")
    name, times = Counter(names).most_common(1)[0]
    if times > 1:
        raise Refused(f"Line 1 names {times} columns {quoted(name)}; give each a name of its own.")


def _place(names: Sequence[str], target: str | None) -> int:
    if target is None:
        return len(names) - 1
    if target in names:
        return names.index(target)
    more = ", …" if len(names) > _SHOWN else ""
    known = ", ".join(quoted(name) for name in names[:_SHOWN])
    raise Refused(f"There is no column {quoted(target)}; there are: {known}{more}", "/target")
