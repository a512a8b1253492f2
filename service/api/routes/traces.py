"""Series: per layer, and of the whole network."""

from collections.abc import Set
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from service.api import layouts
from service.api.composition import TheDatabase
from service.api.layouts import TimeAxis
from service.api.openapi import problems
from service.api.parameters import JobId
from service.api.series import CurveQuery, SeriesQuery, TraceQuery
from service.api.views.series import Columns, LongRow, WideRow
from service.errors import InvalidRequest
from service.spec.run import RunSpec, layer_rows
from service.store import jobs, traces
from service.store.database import Database
from service.store.tables import Job
from service.trace import downsample, time_axis
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
    """At most `max_points` points on one step grid; a spike or a NaN never disappears between them.

    The columns of `time_delta_norm` are time steps of recurrent layers; naming a layer selects all of its.
    """
    job, view = _view(database, job_id, "layer", query.metric, query)
    axis = _time_axis(job) if query.metric == time_axis.METRIC else None
    if query.layers:
        chosen = {*query.layers, *(name for name, column in (axis or {}).items() if column.layer in query.layers)}
        _check_layers(chosen.difference(axis or view.layers), job)
        view = view.of_layers(chosen)
    return _answer(view, METRICS[query.metric], query, job, axis)


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
    # The columns of a metric through time have other names than layers: they are chosen later.
    layers = query.layers if isinstance(query, TraceQuery) and metric != time_axis.METRIC else ()
    view = downsample.view(chunks, **bounds, agg=query.agg, layers=frozenset(layers))
    return job, layouts.log10(view) if query.value == "log10" else view


def _check_layers(absent: Set[str], job: Job) -> None:
    """A layer without this metric is no fault: dashboards ask for the same layers whatever the metric."""
    if not absent:
        return
    known = _depths(job)
    for name in sorted(absent):
        if name not in known:
            detail = f"There is no layer `{name[:80]}`; there are: {', '.join(known)}."
            raise InvalidRequest(detail, errors=[{"pointer": "/query/layers", "detail": detail}])


def _depths(job: Job) -> dict[str, int]:
    return {row.layer: row.depth for row in layer_rows(RunSpec.model_validate_json(job.resolved))}


def _depths_of(metric: Metric, job: Job, axis: TimeAxis | None) -> dict[str, int]:
    """What `depth` says of each column: time is the depth axis of columns that are time steps."""
    if axis is not None:
        return {name: column.time for name, column in axis.items()}
    return {metric.name: 0} if metric is CURVES.get(metric.name) else _depths(job)


def _time_axis(job: Job) -> TimeAxis:
    placed = RunSpec.model_validate_json(job.resolved).placed()
    return {column.name: column for column in time_axis.time_axis(placed)}


def _answer(view: View, metric: Metric, query: SeriesQuery, job: Job, axis: TimeAxis | None = None) -> Response:
    headers = {"X-Sampling": layouts.sampling(view, query.agg)}
    if query.layout == "csv":
        return Response(layouts.table(view), headers=headers, media_type="text/csv")
    match query.layout:
        case "columns":
            content = layouts.columns(view, metric, query.agg, job.attempt, axis)
        case "wide":
            content = layouts.wide(view)
        case _:
            content = layouts.long(view, _depths_of(metric, job, axis))
    return Response(content, headers=headers, media_type="application/json")
