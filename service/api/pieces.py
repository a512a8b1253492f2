"""A large body, piece by piece, within bounds of size and time."""

import anyio
from starlette.requests import Request

from service.api.failures import RequestTimeout
from service.errors import PayloadTooLarge, UnsupportedMediaType

# For the fields and headers of a form, besides its file.
_MARGIN_BYTES = 1 << 16
_SILENCE_SECONDS = 30
# As in `service.api.body`: who is not listened to until the end never sees why.
_DISCARD_BYTES = 16 << 20


class Pieces:
    """The body of `request`. Raises `PayloadTooLarge`, or `RequestTimeout` when nothing comes for a while."""

    def __init__(self, request: Request, max_bytes: int) -> None:
        self._headers = request.headers
        self._stream = request.stream()
        self._max_bytes = max_bytes
        self._seen = 0

    def check(self) -> None:
        """Raises, before anything is read, `PayloadTooLarge` for what announces itself as that."""
        if self._headers.get("content-encoding", "identity").lower() != "identity":
            raise UnsupportedMediaType("Send the body without Content-Encoding.")
        declared = self._headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self._max_bytes + _MARGIN_BYTES:
            raise self.too_large()

    async def next(self) -> bytes | None:
        """The next one; None at the end."""
        piece = await self._next()
        if self._seen > self._max_bytes + _MARGIN_BYTES:
            raise self.too_large()
        return piece

    async def discard(self) -> None:
        """Reads what is left, as far as that is bearable, so that the client comes to read the answer."""
        if not self._seen and self._headers.get("expect", "").lower() == "100-continue":
            return
        while self._seen <= self._max_bytes + _DISCARD_BYTES and await self._next() is not None:
            pass

    def too_large(self) -> PayloadTooLarge:
        """The file is larger than it may be."""
        return PayloadTooLarge(f"A file may have {self._max_bytes} bytes (GRADCLINIC_MAX_UPLOAD_BYTES).")

    async def _next(self) -> bytes | None:
        with anyio.move_on_after(_SILENCE_SECONDS):
            piece = await anext(self._stream, None)
            self._seen += len(piece or b"")
            return piece
        raise RequestTimeout
