"""The table of layers."""

from collections.abc import Iterable
from dataclasses import asdict

import numpy as np
import orjson
from fastapi import APIRouter, Response

from service.api.composition import TheDatabase
from service.api.openapi import problems
from service.api.parameters import JobId
from service.api.views.layers import LayerView
from service.spec.run import RunSpec
from service.store import jobs, traces
from service.trace.chunk import EncodedChunk, decode
from service.trace.metrics import METRICS
from service.trace.time_axis import METRIC as TIME_METRIC
from service.trace.time_axis import is_recurrent

router = APIRouter(tags=["traces"])
_Values = dict[tuple[str, str], np.float32]
_OF_LAYERS = [metric for metric in METRICS if metric != TIME_METRIC]
"""Metrics that have one number for a layer and step."""


@router.get(
    "/v1/jobs/{job_id}/layers",
    summary="Every layer, with its first and last measurements",
    response_model=list[LayerView],
    responses=problems(401, 404, 429, 503),
)
def read_layers(job_id: JobId, database: TheDatabase) -> Response:
    """Flat rows in depth order: `depth layer kind function parameters shape`, `<metric>_first`, `<metric>_last`.

    `time_steps` of a recurrent layer says how long its time axis is, along which `time_delta_norm` is recorded.
    """
    with database.reading() as session:
        job = jobs.get(session, job_id)
        first, last = _ends(traces.ends(session, job_id, "layer"))
    rows = [
        {
            **asdict(placed.row(depth)),
            "time_steps": placed.in_shape[0] if is_recurrent(placed) else None,
            **{f"{metric}_first": first.get((metric, placed.name)) for metric in _OF_LAYERS},
            **{f"{metric}_last": last.get((metric, placed.name)) for metric in _OF_LAYERS},
        }
        for depth, placed in enumerate(RunSpec.model_validate_json(job.resolved).placed())
    ]
    return Response(orjson.dumps(rows, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")


def _ends(chunks: Iterable[EncodedChunk]) -> tuple[_Values, _Values]:
    """The values of the first and of the last recorded step, by metric and layer."""
    first: _Values = {}
    last: _Values = {}
    for chunk in map(decode, chunks):
        for layer, begin, end in zip(chunk.layers, chunk.values[0], chunk.values[-1], strict=True):
            first.setdefault((chunk.metric, layer), begin)
            last[chunk.metric, layer] = end
    return first, last
