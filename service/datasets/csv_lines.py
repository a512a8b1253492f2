"""The lines of a text file, each within bounds, and counted."""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO

from service.datasets.refusal import Refused

_LONGEST_LINE = 16 << 20
_PIECE = 1 << 20
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Lines:
    """Iterates over a UTF-8 text. Raises `Refused`, with the line, for what is no text."""

    def __init__(self, file: BinaryIO) -> None:
        self.number = 0
        """Of the line that came last, from 1 on."""
        self._file = file
        self._text = io.TextIOWrapper(file, "utf-8-sig", newline="")

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            line = self._text.readline(_LONGEST_LINE)
        except UnicodeDecodeError:
            raise self._undecodable() from None
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) == _LONGEST_LINE:
            raise Refused(f"Line {self.number} has more than {_LONGEST_LINE} characters; put every sample on its own.")
        if "\0" in line:
            raise Refused(f"Line {self.number} holds a NUL character: this is no CSV text. {_FORMATS}")
        return line

    def _undecodable(self) -> Refused:
        # The decoder reads ahead, and does not say in which line it was.
        self._file.seek(0)
        if self._file.read(2) in _UTF16:
            return Refused("The file is UTF-16; save it as UTF-8.")
        self._file.seek(0)
        decoder, line = codecs.getincrementaldecoder("utf-8")(), 1
        while piece := self._file.read(_PIECE):
            try:
                decoder.decode(piece)
            except UnicodeDecodeError as error:
                line += piece[: max(0, error.start)].count(b"\n")
                break
            line += piece.count(b"\n")
        return Refused(f"Line {line} is not UTF-8; save the file as UTF-8. {_FORMATS}")


_FORMATS = "A file is CSV in UTF-8, or an .npz that numpy.savez has written."
