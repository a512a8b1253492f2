"""The dashboard's login: an API key once, then a cookie that no script can read."""

import orjson
from fastapi import APIRouter, Request, Response

from service.api.access import Access, admitted, cookie_name
from service.api.body import parsed, read
from service.api.same_origin import require_same_origin
from service.api.session import SECONDS, Session
from service.errors import InvalidRequest

router = APIRouter(prefix="/ui/session", include_in_schema=False)
_MOST_BYTES = 8192


@router.get("")
async def read_session(request: Request) -> Response:
    """Whether a key is needed, and when the caller's session ends."""
    access: Access = request.app.state.access
    return _state(access, access.session(request.cookies.get(cookie_name(request))))


@router.post("")
async def log_in(request: Request) -> Response:
    """A session for `{"key": "…"}`."""
    require_same_origin(request)
    access: Access = request.app.state.access
    key = _key(parsed(await read(request, _MOST_BYTES)))
    admitted(request, access.principal(key))
    value = access.open_session(key)
    response = _state(access, access.session(value))
    if value is not None:
        _set_cookie(request, response, value, SECONDS)
    return response


@router.delete("")
async def log_out(request: Request) -> Response:
    """Forgets the session in this browser."""
    require_same_origin(request)
    response = _state(request.app.state.access, None)
    _set_cookie(request, response, "", 0)
    return response


def _key(document: object) -> bytes:
    match document:
        case {"key": str(key), **others} if key.strip() and not others:
            return key.strip().encode()
    raise InvalidRequest(errors=[{"pointer": "/key", "detail": 'Send an object like {"key": "one of the API keys"}.'}])


def _state(access: Access, session: Session | None) -> Response:
    document = {"needs_key": access.needs_key, "ends": None if session is None else session.ends}
    return Response(orjson.dumps(document), media_type="application/json", headers={"Cache-Control": "no-store"})


def _set_cookie(request: Request, response: Response, value: str, seconds: int) -> None:
    response.set_cookie(
        cookie_name(request),
        value,
        max_age=seconds,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
