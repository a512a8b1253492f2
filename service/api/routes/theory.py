"""Theory beside measurement."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field
from sqlalchemy.orm import Session

from service.api.composition import TheDatabase
from service.api.openapi import problems
from service.api.parameters import JobId, blank_is
from service.spec.run import RunSpec
from service.store import jobs, traces
from service.store.database import Database
from service.theory.document import TheoryDocument, theory
from service.trace.chunk import decode

router = APIRouter(tags=["traces"])
_Moment = Annotated[
    Annotated[float, Field(gt=0, le=1e30)] | None,
    blank_is(None),
    Query(description="Mean square of the input's features; default: 1 where `normalize` is `standard`, else unknown."),
]


@router.get(
    "/v1/jobs/{job_id}/theory",
    summary="The predicted backward signal beside the measured one",
    response_model=TheoryDocument,
    responses=problems(401, 404, 422, 429, 503),
)
def read_theory(job_id: JobId, database: TheDatabase, input_second_moment: _Moment = None) -> Response:
    """What the experiment alone says of the signals at the start weights, layer by layer, and what step 0 showed."""
    run, measured = _at_start(database, job_id)
    return Response(theory(run, measured, input_second_moment).model_dump_json(), media_type="application/json")


def _at_start(database: Database, job_id: str) -> tuple[RunSpec, dict[str, float]]:
    with database.reading() as session:
        job = jobs.get(session, job_id)
        return RunSpec.model_validate_json(job.resolved), _measured(session, job_id)


def _measured(session: Session, job_id: str) -> dict[str, float]:
    """`delta_norm` of each layer at step 0; nothing before it is recorded."""
    for chunk in map(decode, traces.read(session, job_id, "layer", "delta_norm", 0, 0)):
        return {layer: float(norm) for layer, norm in zip(chunk.layers, chunk.values[0], strict=True)}
    return {}
