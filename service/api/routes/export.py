"""Everything that a job has recorded, as a file."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from service.api.composition import TheDatabase
from service.api.exporting import ExportResponse, TheExports
from service.api.openapi import problems
from service.api.parameters import JobId, blank_is
from service.errors import InvalidRequest
from service.exports.order import Format, Order, Table, default_points
from service.store import jobs

router = APIRouter(tags=["traces"])
_FILE = {"schema": {"type": "string", "format": "binary"}}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file, as it is written.",
        "headers": {"Content-Disposition": {"description": "Its name.", "schema": {"type": "string"}}},
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/octet-stream": _FILE,
        },
    },
    **problems(401, 404, 422, 429, 503),
}


class ExportQuery(BaseModel):
    """Which file."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    format: Format
    """`csv`: one table; `npz`: arrays for numpy; `tensorboard`: an event file."""
    table: Annotated[Table, blank_is("trace")] = "trace"
    """Which table a CSV file holds; the other formats hold all."""
    max_points: Annotated[Annotated[int, Field(ge=0, le=5000)] | None, blank_is(None)] = None
    """Most points of a series, made as `agg=max` makes them. 0, the default of `csv` and `npz`: every recorded step.
    Default of `tensorboard`: 1000, for of more TensorBoard itself shows a random choice, which loses spikes."""


@router.get(
    "/v1/jobs/{job_id}/export",
    summary="Everything recorded, as a file",
    response_class=Response,
    responses=_RESPONSES,
)
def export(
    job_id: JobId, database: TheDatabase, exports: TheExports, query: Annotated[ExportQuery, Query()]
) -> Response:
    """Series of layers, curves, histograms, the table of layers and the findings; of a job that has not ended, what
    there is so far. An answer that ends without the end of its last chunk is not complete: ask again."""
    if query.table != "trace" and query.format != "csv":
        detail = f"Leave `table` out: {query.format} holds every table."
        raise InvalidRequest(detail, errors=[{"pointer": "/query/table", "detail": detail}])
    with database.reading() as session:
        name = jobs.get(session, job_id).name
    points = default_points(query.format) if query.max_points is None else query.max_points
    return ExportResponse(exports, database, Order(job_id, query.format, points, query.table), name)
