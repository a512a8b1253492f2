"""Every error as `application/problem+json` (RFC 9457), and the page that each problem type leads to."""

import logging
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from inspect import cleandoc

import orjson
from starlette.responses import Response
from starlette.types import Scope

from service.api.job_failures import JOB_FAILURES
from service.errors import DomainError

MEDIA_TYPE = "application/problem+json"
REQUEST_ID = "request_id"
# A client that waits this long finds a busy database or a full queue changed.
_RETRY_SECONDS = "5"

_log = logging.getLogger(__name__)


def rendered(error: DomainError, scope: Scope, **extensions: object) -> Response:
    """The response that tells of `error`."""
    members: dict[str, object] = {
        "type": f"/problems/{error.slug}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
    }
    if error.errors:
        members["errors"] = error.errors
    headers = dict(error.headers)
    if error.status in {429, 503}:
        headers.setdefault("Retry-After", _RETRY_SECONDS)
    return _response({**members, **extensions}, scope, headers)


def rendered_status(status: int, scope: Scope, headers: Mapping[str, str] | None = None) -> Response:
    """The response for a status that has no problem type of its own."""
    known = HTTPStatus(status)
    members = {"type": "about:blank", "title": known.phrase, "status": status, "detail": f"{known.phrase}."}
    return _response(members, scope, headers)


def unexpected(error: BaseException, scope: Scope) -> Response:
    """The response for a defect of this program: its traceback goes to the log, its request id to the client."""
    _log.error("unexpected error", exc_info=error)
    return rendered(DomainError("The service failed. Report the request id, and look for it in the log."), scope)


def _response(members: dict[str, object], scope: Scope, headers: Mapping[str, str] | None) -> Response:
    document = members | {"instance": scope["path"], "request_id": scope["state"][REQUEST_ID]}
    return Response(orjson.dumps(document), members["status"], headers, MEDIA_TYPE)  # type: ignore[arg-type]


def explanations() -> dict[str, str]:
    """Slug → a short plain text about each problem type that a client can meet, in an answer or as a job's `error`."""
    texts = {kind.slug: _explanation(kind.title, kind.status, cleandoc(kind.__doc__ or "")) for kind in _kinds()}
    return texts | {slug: _explanation(title, 500, text) for slug, (title, text) in JOB_FAILURES.items()}


def _explanation(title: str, status: int, text: str) -> str:
    return f"{title} ({status})\n\n{text}\n"


def _kinds() -> Iterator[type[DomainError]]:
    yield DomainError
    # Start-up failures inherit status 500; no request ever meets them.
    yield from (kind for kind in _below(DomainError) if kind.status != DomainError.status)


def _below(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)
