"""Theory beside measurement."""

from math import isfinite
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
from service.trace.chunk import Scope, decode

router = APIRouter(tags=["traces"])
_Moment = Annotated[
    Annotated[float, Field(gt=0, le=1e30)] | None,
    blank_is(None),
    Query(
        description="Mean square of the input's features; default: as measured, before that 1 where `normalize` is "
        "`standard`, and unknown elsewhere."
    ),
]


@router.get(
    "/v1/jobs/{job_id}/theory",
    summary="The predicted backward signal beside the measured one",
    response_model=TheoryDocument,
    responses=problems(401, 404, 422, 429, 503),
)
def read_theory(job_id: JobId, database: TheDatabase, input_second_moment: _Moment = None) -> Response:
    """What the experiment alone says of the signals at the start weights, layer by layer, and what step 0 showed."""
    run, measured, moment = _at_start(database, job_id)
    told = theory(run, measured, input_second_moment or moment)
    return Response(told.model_dump_json(), media_type="application/json")


def _at_start(database: Database, job_id: str) -> tuple[RunSpec, dict[str, float], float | None]:
    """The run, `delta_norm` of each layer, and the mean square of its input; nothing of a step not yet recorded."""
    with database.reading() as session:
        job = jobs.get(session, job_id)
        moment = _first(session, job_id, "curve", "input_second_moment").get("", 0.0)
        return (
            RunSpec.model_validate_json(job.resolved),
            _first(session, job_id, "layer", "delta_norm"),
            moment if isfinite(moment) and moment > 0 else None,
        )


def _first(session: Session, job_id: str, scope: Scope, metric: str) -> dict[str, float]:
    """A metric by layer at step 0."""
    for chunk in map(decode, traces.read(session, job_id, scope, metric, 0, 0)):
        return {layer: float(value) for layer, value in zip(chunk.layers, chunk.values[0], strict=True)}
    return {}
