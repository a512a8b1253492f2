"""Which methods a path takes: the router knows only those of the first route that matches."""

import re
from functools import cached_property

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.routing import compile_path


class AllowedMethods:
    """`Allow` for a path, read from the OpenAPI document."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def of(self, path: str, refused: HTTPException) -> str:
        """Every method `path` takes; for paths outside the document, those that the refusal names."""
        methods = {method for pattern, taken in self._table if pattern.fullmatch(path) for method in taken}
        if not methods:
            methods = {name.strip() for name in (refused.headers or {}).get("Allow", "GET").split(",")}
        if "GET" in methods:
            methods.add("HEAD")
        return ", ".join(sorted(methods | {"OPTIONS"}))

    @cached_property
    def _table(self) -> list[tuple[re.Pattern[str], set[str]]]:
        paths = self._app.openapi()["paths"]
        return [(compile_path(path)[0], {method.upper() for method in calls}) for path, calls in paths.items()]
