"""The outermost layer: a request id, security headers, and an answer whatever happens inside."""

import re
import secrets

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.problems import REQUEST_ID, unexpected

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PAGES = ("/ui", "/docs")
# Their names contain a hash of what is in them.
_ASSETS = "/ui/assets/"
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Edge:
    """Wraps the application. A sane `X-Request-ID` of the client is kept, so that its log and ours can be joined."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _SANE_ID.fullmatch(given) else secrets.token_hex(8)
        scope["state"] = {**scope.get("state", {}), REQUEST_ID: request_id}
        started = False

        async def send_on(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _complete(MutableHeaders(raw=message["headers"]), scope["path"], message["status"], request_id)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_on)
            except ClientDisconnect:
                return
            except Exception as error:  # noqa: BLE001 (the last place that can answer)
                response = unexpected(error, scope)
                if not started:
                    await response(scope, receive, send_on)


def _complete(headers: MutableHeaders, path: str, status: int, request_id: str) -> None:
    page = path.startswith(_PAGES)
    headers["X-Request-ID"] = request_id
    headers["Content-Security-Policy"] = PAGE_POLICY if page else _DATA_POLICY
    for name, value in _HEADERS.items():
        headers[name] = value
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = _caching(path, status, headers.get("content-type", ""))


def _caching(path: str, status: int, media_type: str) -> str:
    # In the place of an asset that is gone, a browser that navigates there gets the dashboard.
    if path.startswith(_ASSETS) and status in {200, 206, 304} and not media_type.startswith("text/html"):
        return "public, max-age=31536000, immutable"
    return "no-cache" if path.startswith(_PAGES) and status < 400 else "no-store"
