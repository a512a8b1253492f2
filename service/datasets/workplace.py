"""Where a conversion works: what it was asked for, and the files it makes."""

import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, Self

TargetKind = Literal["auto", "classes", "values"]


@dataclass(frozen=True, slots=True)
class Order:
    """How to read an upload, and how much may come of it."""

    target: str | None
    """Column or array to be predicted; None: a CSV file's last column, an NPZ file's `y`."""
    target_kind: TargetKind
    max_data_bytes: int
    """Most bytes of samples and targets together."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """A folder, in which every file is closed at the end."""

    folder: Path
    order: Order
    _open: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def new(self, name: str) -> BinaryIO:
        """A new file that nobody else may read."""
        return self._open.enter_context(private(self.folder / name))


def private(path: Path) -> BinaryIO:
    """A new file that only this account may read."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w+b")
