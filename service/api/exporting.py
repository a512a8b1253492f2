"""An export on its way to a client: a process writes it, and the event loop only hands its pieces on."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated

import anyio
from fastapi import Depends, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from service.api.failures import TooManyExports
from service.exports.order import Order, file_name, media_type
from service.exports.process import exporting
from service.store.database import Database

# Each has a process, and a core where there is one.
_MOST_AT_ONCE = 4
# A client that reads nothing keeps its place this long.
_SECONDS = 1800


class Exports:
    """Counts the exports of this process."""

    def __init__(self) -> None:
        self._free = _MOST_AT_ONCE

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place, given back at the end. Raises `TooManyExports`."""
        if self._free <= 0:
            raise TooManyExports
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


class ExportResponse(Response):
    """The file that is ordered.

    What goes wrong before its first piece is a problem like any other. After that the connection breaks off, so that
    no client takes part of a file for all of it.
    """

    def __init__(self, exports: Exports, database: Database, order: Order, name: str) -> None:
        super().__init__(media_type=media_type(order.format))
        self._exports = exports
        self._database = database.url.render_as_string(hide_password=False)
        self._order = order
        self._disposition = {"Content-Disposition": f'attachment; filename="{file_name(order, name)}"'}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._exports.place(), anyio.move_on_after(_SECONDS):
            async with exporting(self._database, self._order) as pieces:
                first = await anext(pieces)
                body = _behind(first, pieces)
                response = StreamingResponse(body, headers=self._disposition, media_type=self.media_type)
                await response(scope, receive, send)


async def _behind(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


async def _exports(request: Request) -> Exports:
    return request.app.state.exports  # type: ignore[no-any-return]


TheExports = Annotated[Exports, Depends(_exports)]
