"""The table of layers."""

from collections.abc import Iterable

import numpy as np
import orjson
from fastapi import APIRouter, Response

from service.api.composition import TheDatabase
from service.api.openapi import problems
from service.api.parameters import JobId
from service.api.views import LayerView
from service.spec.run import RunSpec, layer_rows
from service.store import jobs, traces
from service.trace.chunk import EncodedChunk, decode
from service.trace.metrics import METRICS

router = APIRouter(tags=["traces"])
_Values = dict[tuple[str, str], np.float32]


@router.get(
    "/v1/jobs/{job_id}/layers",
    summary="Every layer, with its first and last measurements",
    response_model=list[LayerView],
    responses=problems(401, 404, 429, 503),
)
def read_layers(job_id: JobId, database: TheDatabase) -> Response:
    """Flat rows in depth order: `depth layer kind function parameters shape`, `<metric>_first`, `<metric>_last`."""
    with database.reading() as session:
        job = jobs.get(session, job_id)
        first, last = _ends(traces.ends(session, job_id, "layer"))
    rows = [
        {
            "depth": row.depth,
            "layer": row.layer,
            "kind": row.kind,
            "function": row.function,
            "parameters": row.parameters,
            "shape": row.shape,
            **{f"{metric}_first": first.get((metric, row.layer)) for metric in METRICS},
            **{f"{metric}_last": last.get((metric, row.layer)) for metric in METRICS},
        }
        for row in layer_rows(RunSpec.model_validate_json(job.resolved))
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
