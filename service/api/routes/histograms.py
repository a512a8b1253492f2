"""Histograms of the gradient."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import Field

from service.api.composition import TheDatabase
from service.api.openapi import problems
from service.api.parameters import JobId, blank_is
from service.api.views.histograms import HistogramView
from service.errors import InvalidRequest, NotFound
from service.spec.run import RunSpec, layer_rows
from service.store import jobs, traces
from service.trace.histogram import decode, nearest, steps_of

router = APIRouter(tags=["traces"])
_Layer = Annotated[
    Annotated[str, Field(max_length=300)] | None,
    blank_is(None),
    Query(description="A layer's name; default: all layers added up."),
]
_Step = Annotated[
    Annotated[int, Field(ge=0, le=2**53)] | None,
    blank_is(None),
    Query(description="Optimizer step; the nearest one that has a histogram is shown. Default: the last."),
]
_DIGITS = 6


@router.get(
    "/v1/jobs/{job_id}/histograms",
    summary="How large the gradient's entries are",
    response_model=HistogramView,
    responses=problems(401, 404, 422, 429, 503),
)
def read_histograms(job_id: JobId, database: TheDatabase, layer: _Layer = None, step: _Step = None) -> Response:
    """log10 bins of |gradient| of a layer's parameters at a step: whole accumulated batch, unscaled, before penalties
    and clipping. The bins are octaves, the same for every step, layer and job.

    `underflow_float16` counts the entries that are not zero and that float16 would round to zero as they are, without
    a loss scale: |g| ≤ 2⁻²⁵. A scale of S saves those above 2⁻²⁵ / S.
    """
    with database.reading() as session:
        job = jobs.get(session, job_id)
        run = RunSpec.model_validate_json(job.resolved)
        if layer is not None:
            _check_layer(layer, run)
        index = [steps_of(row.summary) for row in traces.histogram_index(session, job_id)]
        if not index:
            raise NotFound(_why_none(run, job.finished_at is not None))
        steps = [recorded for found, _ in index for recorded in found]
        shown = nearest(steps, step)
        chunk = decode(traces.read_histograms(session, job_id, shown))
    histogram = chunk.at(shown, layer)
    document = {
        "layer": layer,
        "step": shown,
        "attempt": job.attempt,
        "entries": histogram.entries,
        "zeros": histogram.zeros,
        "nonfinite": histogram.nonfinite,
        "underflow_float16": histogram.underflow_float16,
        "bins": [
            {"lo": round(low, _DIGITS), "hi": round(high, _DIGITS), "count": count}
            for low, high, count in histogram.rows()
        ],
        "steps": steps,
        "layers": chunk.layers,
    }
    return Response(orjson.dumps(document), media_type="application/json")


def _check_layer(layer: str, run: RunSpec) -> None:
    known = {row.layer: row.parameters for row in layer_rows(run)}
    if known.get(layer):
        return
    with_gradient = ", ".join(name for name, parameters in known.items() if parameters)
    said = "has no parameters, and so no gradient" if layer in known else "does not exist"
    detail = f"The layer `{layer[:80]}` {said}; there are: {with_gradient}."
    raise InvalidRequest(detail, errors=[{"pointer": "/query/layer", "detail": detail}])


def _why_none(run: RunSpec, ended: bool) -> str:
    if run.trace.histogram_every == 0:
        return "This job records no histograms: its trace.histogram_every is 0."
    if ended:
        return "This job ended before it recorded a histogram."
    return "This job has not recorded a histogram yet; the first comes with step 0."
