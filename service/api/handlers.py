"""From exceptions to problems: what FastAPI and the domain raise, rendered one way."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from service.api.failures import MethodNotAllowed
from service.api.methods import AllowedMethods
from service.api.pointers import Sentences
from service.api.problems import rendered, rendered_status
from service.errors import DomainError, InvalidRequest, NotFound, UnsupportedMediaType

_BY_STATUS: dict[int, type[DomainError]] = {404: NotFound, 415: UnsupportedMediaType}


def install(app: FastAPI) -> None:
    """Adds the handlers to `app`. Whatever they do not cover is caught by `service.api.edge`."""
    allowed = AllowedMethods(app)

    async def domain(request: Request, error: DomainError) -> Response:
        return rendered(error, request.scope)

    async def http(request: Request, error: HTTPException) -> Response:
        if error.status_code == MethodNotAllowed.status:
            return _method(request, allowed.of(request.url.path, error))
        if kind := _BY_STATUS.get(error.status_code):
            return rendered(kind(headers=error.headers), request.scope)
        return rendered_status(error.status_code, request.scope, error.headers)

    async def validation(request: Request, error: RequestValidationError) -> Response:
        errors = error.errors()
        if any(fault["loc"][0] == "path" for fault in errors):
            return rendered(NotFound(), request.scope)
        return rendered(InvalidRequest(errors=Sentences().of(errors)), request.scope)

    app.add_exception_handler(DomainError, domain)  # type: ignore[arg-type]  # Starlette types the widest exception
    app.add_exception_handler(HTTPException, http)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, validation)  # type: ignore[arg-type]


def _method(request: Request, methods: str) -> Response:
    if request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": methods})
    detail = f"{request.url.path} does not take {request.method}; it takes {methods}."
    return rendered(MethodNotAllowed(detail, headers={"Allow": methods}), request.scope)
