"""A JSON document that does not change while the process lives: made at the first request, then only sent."""

from collections.abc import Callable
from functools import cached_property
from hashlib import sha256

import orjson
from starlette.requests import Request
from starlette.responses import Response

from service.api.conditional import etag, is_known


class FrozenDocument:
    """What `make` returns, with an entity tag."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make

    def answer(self, request: Request) -> Response:
        """The document, or 304 where the client has it."""
        content, tag = self._made
        headers = {"ETag": tag, "Cache-Control": "no-cache"}
        if is_known(request, tag):
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type="application/json")

    @cached_property
    def _made(self) -> tuple[bytes, str]:
        content = orjson.dumps(self._make())
        return content, etag(sha256(content).hexdigest()[:16])
