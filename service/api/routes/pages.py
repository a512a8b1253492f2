"""What is not JSON under /v1: the description of the API, the dashboard, the pages behind problem types."""

from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import FileResponse, PlainTextResponse, RedirectResponse

from service.api.failures import NotBuilt
from service.api.frozen_document import FrozenDocument
from service.api.problems import explanations
from service.errors import NotFound

UI = Path(__file__).parents[1] / "ui"


def install(app: FastAPI, ui: Path = UI) -> None:
    """Adds the pages to `app`; `ui` is where the dashboard's build lies, or would lie."""
    router = APIRouter(include_in_schema=False)
    described = FrozenDocument(app.openapi)

    @router.get("/openapi.json")
    def openapi(request: Request) -> Response:
        return described.answer(request)

    @router.get("/")
    async def root() -> Response:
        return RedirectResponse("/ui/")

    @router.get("/docs")
    def docs() -> Response:
        page = ui / "docs" / "index.html"
        if not page.is_file():
            raise NotBuilt
        return FileResponse(page)

    @router.get("/problems/{slug}")
    def problem(slug: str) -> Response:
        text = explanations().get(slug)
        if text is None:
            raise NotFound(f"There is no problem type {slug[:80]}.")
        return PlainTextResponse(text, headers={"Cache-Control": "no-cache"})

    if (ui / "index.html").is_file():
        app.frontend("/ui", directory=ui, fallback="index.html")
    else:

        @router.get("/ui")
        @router.get("/ui/{path:path}")
        def not_built() -> Response:
            raise NotBuilt

    app.include_router(router)
