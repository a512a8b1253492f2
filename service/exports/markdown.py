"""Tables in Markdown."""

from collections.abc import Iterable, Sequence

_MEANT = str.maketrans({"|": "\\|", "\n": " ", "<": "&lt;", "*": "\\*", "`": "\\`"})


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; what is missing is an empty cell, and no cell can end its row."""
    return "".join(_line(row) for row in (header, ["---"] * len(header), *rows))


def _line(row: Sequence[object]) -> str:
    cells = ("" if value is None else str(value).translate(_MEANT) for value in row)
    return f"| {' | '.join(cells)} |\n"
