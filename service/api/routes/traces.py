"""Series: per layer, and of the whole network."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from service.api import layouts
from service.api.composition import TheDatabase
from service.api.openapi import problems
from service.api.parameters import JobId
from service.api.series import CurveQuery, SeriesQuery, TraceQuery
from service.api.views import Columns, LongRow, WideRow
from service.errors import InvalidRequest
from service.spec.run import RunSpec, layer_rows
from service.store import jobs, traces
from service.store.database import Database
from service.store.tables import Job
from service.trace import downsample
from service.trace.chunk import Scope
from service.trace.downsample import View
from service.trace.metrics import CURVES, METRICS, Metric

router = APIRouter(prefix="/v1/jobs/{job_id}", tags=["traces"])
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "`layout=columns`: an object; `wide` and `long`: root arrays of flat rows; `csv`: text.",
        "headers": {"X-Sampling": {"description": "How the series was made smaller.", "schema": {"type": "string"}}},
        "content": {"text/csv": {"schema": {"type": "string"}}},
    },
    **problems(401, 404, 422, 429, 503),
}
_Series = Columns | list[WideRow] | list[LongRow]


@router.get("/traces", summary="A metric of every layer", response_model=_Series, responses=_RESPONSES)
def read_traces(job_id: JobId, database: TheDatabase, query: Annotated[TraceQuery, Query()]) -> Response:
    """At most `max_points` points on one step grid; a spike or a NaN never disappears between them."""
    job, view = _view(database, job_id, "layer", query.metric, query)
    if query.layers:
        _check_layers(query.layers, view, job)
        view = view.of_layers(query.layers)
    return _answer(view, METRICS[query.metric], query, job)


@router.get("/curves", summary="A metric of the whole network", response_model=_Series, responses=_RESPONSES)
def read_curves(job_id: JobId, database: TheDatabase, query: Annotated[CurveQuery, Query()]) -> Response:
    """The same for loss, accuracy, learning rate and the global gradient norm; the layer is the metric's name."""
    job, view = _view(database, job_id, "curve", query.metric, query)
    named = replace(view, layers=(query.metric,) * len(view.layers))
    return _answer(named, CURVES[query.metric], query, job)


def _view(database: Database, job_id: str, scope: Scope, metric: str, query: SeriesQuery) -> tuple[Job, View]:
    bounds = {"first": query.from_step, "last": query.to_step, "max_points": query.max_points}
    with database.reading() as session:
        job = jobs.get(session, job_id)
        chunks = traces.read_for_view(session, job_id, scope, metric, **bounds)
    view = downsample.view(chunks, **bounds, agg=query.agg)
    return job, layouts.log10(view) if query.value == "log10" else view


def _check_layers(wanted: list[str], view: View, job: Job) -> None:
    """A layer without this metric is no fault: dashboards ask for the same layers whatever the metric."""
    if set(wanted) <= set(view.layers):
        return
    known = _depths(job)
    for name in wanted:
        if name not in known:
            detail = f"There is no layer `{name[:80]}`; there are: {', '.join(known)}."
            raise InvalidRequest(detail, errors=[{"pointer": "/query/layers", "detail": detail}])


def _depths(job: Job) -> dict[str, int]:
    return {row.layer: row.depth for row in layer_rows(RunSpec.model_validate_json(job.resolved))}


def _answer(view: View, metric: Metric, query: SeriesQuery, job: Job) -> Response:
    headers = {"X-Sampling": layouts.sampling(view, query.agg)}
    if query.layout == "csv":
        return Response(layouts.table(view), headers=headers, media_type="text/csv")
    match query.layout:
        case "columns":
            content = layouts.columns(view, metric, query.agg, job.attempt)
        case "wide":
            content = layouts.wide(view)
        case _:
            depths = {metric.name: 0} if metric is CURVES.get(metric.name) else _depths(job)
            content = layouts.long(view, depths)
    return Response(content, headers=headers, media_type="application/json")
