"""What would be trained, and what it takes, before anything is."""

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response

from service.api.admission import TheAdmission
from service.api.body import read
from service.api.composition import TheDatabase
from service.api.openapi import experiment_body, problems
from service.api.preflight_document import preflight_document
from service.api.views.preflight import PreflightView

router = APIRouter(tags=["jobs"])


@router.post(
    "/v1/preflight",
    summary="Look at an experiment without training it",
    response_model=PreflightView,
    responses=problems(400, 401, 408, 413, 415, 422, 429, 503),
    openapi_extra=experiment_body(),
)
async def preflight(request: Request, admission: TheAdmission, database: TheDatabase) -> Response:
    """The body of a job; nothing is trained and nothing is stored.

    An experiment that exceeds a limit is described all the same: `admission.admitted` is false.
    """
    body = await read(request, admission.max_body_bytes)
    return Response(await run_sync(_document, admission, database, body), media_type="application/json")


def _document(admission: TheAdmission, database: TheDatabase, body: bytes) -> bytes:
    return preflight_document(admission.preflight(database, body))
