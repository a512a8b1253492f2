"""Cells of a CSV file that a spreadsheet reads as what they are."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_QUOTED = (",", '"', "\n", "\r")


def text(value: str) -> str:
    """A cell of text, quoted where it has to be.

    Spreadsheets calculate what begins like a formula, and a formula can send the table away: such a text gets an
    apostrophe in front, by which they know it for text (OWASP, CSV injection).
    """
    plain = value.replace("\x00", "")
    # White space and quotes before a formula do not stop every spreadsheet.
    safe = f"'{plain}" if plain.lstrip(" \"'").startswith(_FORMULA) or plain.startswith(_FORMULA) else plain
    if safe.startswith(" ") or any(mark in safe for mark in _QUOTED):
        return '"' + safe.replace('"', '""') + '"'
    return safe


def cell(value: str | float | None) -> str:
    """A cell of any value; an empty one where there is none."""
    if value is None:
        return ""
    return text(value) if isinstance(value, str) else repr(value)


def line(values: tuple[str | float | None, ...]) -> bytes:
    """A line of cells."""
    return (",".join(map(cell, values)) + "\n").encode()
