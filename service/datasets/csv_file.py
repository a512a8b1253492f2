"""CSV: a header, a sample a line, numbers in every column but the target's."""

import csv
import re
from array import array
from collections.abc import Iterator
from itertools import chain, islice

import numpy as np

from service.datasets.csv_header import Header, header_of
from service.datasets.csv_lines import Lines
from service.datasets.folders import SAMPLES, UPLOAD
from service.datasets.refusal import Refused, quoted
from service.datasets.report import Report, report
from service.datasets.samples import Samples
from service.datasets.targets import TargetColumn, is_number
from service.datasets.workplace import Workplace

_DELIMITERS = ",;\t|"
_QUOTED = re.compile(r'"[^"]*"')
_BLOCK_CELLS = 1 << 18
_MISSING = {"", "na", "n/a", "nan", "null", "none", "?"}
NumberedRow = tuple[int, list[str]]


def convert(place: Workplace) -> Report:
    """Writes samples and targets, and tells of them. Raises `Refused` with line and column."""
    with (place.folder / UPLOAD).open("rb") as file:
        lines = Lines(file)
        try:
            rows = _rows(lines)
            head = list(islice(rows, 2))
            if not head:
                raise Refused("The file is empty; send a header and a line for each sample.")
            header = header_of([row for _, row in head], place.order.target)
            table = _Table(header, place)
            for number, row in chain(head[header.written :], rows):
                table.add(number, row)
        except csv.Error as error:
            raise Refused(f"Line {lines.number} is not CSV: {error}. Look for a quote too many or too few.") from error
        return table.finish()


class _Table:
    """Rows on their way to disk, some at a time."""

    def __init__(self, header: Header, place: Workplace) -> None:
        self._header = header
        self._width = len(header.names)
        self._features = [name for at, name in enumerate(header.names) if at != header.target]
        self._samples = Samples(place, SAMPLES, (len(self._features),))
        self._targets = TargetColumn(place, header.names[header.target])
        self._most = max(1, _BLOCK_CELLS // self._width)
        self._cells, self._wanted, self._numbers = array("d"), list[str](), list[int]()

    def add(self, number: int, row: list[str]) -> None:
        """A row, and the number of the line it ends in."""
        if len(row) != self._width:
            fields = "1 field" if len(row) == 1 else f"{len(row)} fields"
            raise Refused(f"Line {number} has {fields}, and the first line {self._width}.")
        self._wanted.append(row.pop(self._header.target).strip())
        try:
            self._cells.extend(map(float, row))
        except ValueError:
            raise self._no_number(number, row) from None
        self._numbers.append(number)
        if len(self._numbers) >= self._most:
            self._flush()

    def finish(self) -> Report:
        """Writes what is left, and tells of it all."""
        if not self._numbers and not self._samples.count:
            raise Refused("The file has a header and no samples; send a line for each sample.")
        self._flush()
        self._samples.close()
        return report("csv", self._samples, self._features, "float32", self._targets.finish())

    def _flush(self) -> None:
        if not self._numbers:
            return
        block = np.frombuffer(self._cells, np.float64).reshape(-1, len(self._features))
        name, numbers = self._header.names[self._header.target], self._numbers
        self._samples.append(block, lambda where: f"{_place(numbers[where[0]], self._features[where[1]])}:")
        self._targets.add(self._wanted, lambda where: f"{_place(numbers[where], name)}:")
        self._cells, self._wanted, self._numbers = array("d"), [], []

    def _no_number(self, number: int, row: list[str]) -> Refused:
        name, cell = next((name, cell) for name, cell in zip(self._features, row, strict=True) if not is_number(cell))
        if cell.strip().lower() in _MISSING:
            hint = "a value is missing; fill it in, or leave the line out."
        elif is_number(cell.replace(",", ".", 1)):
            hint = f"{quoted(cell)} is no number; write it with a decimal point."
        else:
            hint = (
                f"{quoted(cell)} is no number. Features must be numbers: give each category a column of zeros and "
                "ones, or name the column in the form's field `target`."
            )
        return Refused(f"{_place(number, name)}: {hint}")


def _rows(lines: Lines) -> Iterator[NumberedRow]:
    """The rows that are not empty."""
    first = next((line for line in lines if line.strip()), "")
    reader = csv.reader(chain([first], lines), delimiter=_delimiter(first), strict=True, skipinitialspace=True)
    for row in reader:
        if row:
            yield lines.number, row


def _delimiter(line: str) -> str:
    """The one that cuts the first line into the most fields."""
    return max(_DELIMITERS, key=_QUOTED.sub("", line).count)


def _place(number: int, column: str) -> str:
    return f"Line {number}, column {quoted(column)}"
