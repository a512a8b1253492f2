"""An upload on its way to disk."""

import errno
import shutil
from hashlib import sha256
from pathlib import Path

from service.datasets.folders import UPLOAD
from service.datasets.workplace import private
from service.errors import StorageFull

_FULL = {errno.ENOSPC, errno.EDQUOT}


class Incoming:
    """The folder of a dataset in the making, and the file that is sent. Raises `StorageFull`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bytes = 0
        self._hash = sha256()
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
        self._file = private(folder / UPLOAD)

    def write(self, pieces: list[bytes]) -> None:
        """Adds some of the file."""
        try:
            for piece in pieces:
                self._file.write(piece)
                self._hash.update(piece)
                self.bytes += len(piece)
        except OSError as error:
            raise _told(error) from error

    def close(self) -> str:
        """The file is complete: its SHA-256."""
        try:
            self._file.close()
        except OSError as error:
            raise _told(error) from error
        return self._hash.hexdigest()

    def converted(self) -> None:
        """The arrays are made, and what was sent is needed no more."""
        (self.folder / UPLOAD).unlink()

    def discard(self) -> None:
        """Leaves nothing behind."""
        try:
            self._file.close()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def _told(error: OSError) -> Exception:
    return StorageFull() if error.errno in _FULL else error
