"""A ZIP file, not compressed, written from its beginning to its end, into a pipe."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import BinaryIO, Self
from zipfile import ZipFile, ZipInfo

_READABLE = 0o644 << 16


class Archive:
    """Members one after another, in the same order and with the same time whenever a job is exported."""

    def __init__(self, file: BinaryIO, moment: float) -> None:
        self._moment = datetime.fromtimestamp(moment, UTC).timetuple()[:6]
        self._zip = ZipFile(file, "w", allowZip64=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        # Closed after a failure it would look complete.
        if kind is None:
            self._zip.close()

    @contextmanager
    def member(self, name: str) -> Iterator[BinaryIO]:
        """A new member to write to, of whatever length."""
        entry = ZipInfo(name, self._moment)
        entry.external_attr = _READABLE
        with self._zip.open(entry, "w", force_zip64=True) as file:
            yield file  # type: ignore[misc]  # typeshed: IO[bytes]
