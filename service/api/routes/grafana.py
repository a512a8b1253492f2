"""The options of Grafana's dashboard variables."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints

from service.api.composition import TheDatabase
from service.api.documents import moment
from service.api.openapi import problems
from service.api.parameters import JOB_ID, States, blank_is
from service.api.views.jobs import JobOption
from service.errors import InvalidRequest, NotFound
from service.spec.run import RunSpec, layer_rows
from service.store import jobs
from service.store.tables import Job

router = APIRouter(prefix="/v1/grafana", tags=["grafana"])
_Limit = Annotated[Annotated[int, Field(ge=1, le=1000)], blank_is(200), Query(description="Most options.")]
_Job = Annotated[
    Annotated[str, StringConstraints(pattern=JOB_ID)] | None,
    blank_is(None),
    Query(description="Id of a job; without one there are no layers."),
]


@router.get(
    "/jobs", summary="Jobs to choose from", response_model=list[JobOption], responses=problems(401, 422, 429, 503)
)
def read_job_options(database: TheDatabase, states: States = [], limit: _Limit = 200) -> Response:  # noqa: B006
    """The newest jobs, as the options of a variable: `__text` is shown, `__value` goes into the URLs of panels."""
    with database.reading() as session:
        page = jobs.list_page(session, states=states, limit=limit)
    return _json([_option(job) for job in page.jobs])


@router.get(
    "/layers", summary="Layers to choose from", response_model=list[str], responses=problems(401, 422, 429, 503)
)
def read_layer_options(database: TheDatabase, job: _Job = None) -> Response:
    """The names of a job's layers in depth order, as the options of a variable."""
    if job is None:
        return _json([])
    try:
        with database.reading() as session:
            run = jobs.get(session, job).resolved
    except NotFound as error:
        detail = f"{error} Choose one of `GET /v1/grafana/jobs`."
        raise InvalidRequest(detail, errors=[{"pointer": "/query/job", "detail": detail}]) from error
    return _json([row.layer for row in layer_rows(RunSpec.model_validate_json(run))])


def _option(job: Job) -> dict[str, str]:
    created = (moment(job.created_at) or "")[:16].replace("T", " ")
    return {"__text": f"{job.name or job.id} - {job.state} - {created}", "__value": job.id, "state": job.state}


def _json(rows: list[Any]) -> Response:
    return Response(orjson.dumps(rows), media_type="application/json")
