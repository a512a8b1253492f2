"""Findings as flat rows, for tables and annotations."""

from typing import Any

import numpy as np
import orjson
from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from service.api.composition import TheDatabase
from service.api.documents import moment
from service.api.openapi import problems
from service.api.parameters import JobId
from service.api.views import FindingRows
from service.store import jobs, traces
from service.trace.chunk import decode

router = APIRouter(tags=["findings"])


@router.get(
    "/v1/jobs/{job_id}/findings",
    summary="What is wrong, root cause first",
    response_model=FindingRows,
    responses=problems(401, 404, 429, 503),
)
def read_findings(job_id: JobId, database: TheDatabase) -> Response:
    """Each finding with ready-made remedies, and the same as scalars for Grafana's tables and annotations."""
    with database.reading() as session:
        job = jobs.get(session, job_id)
        findings = orjson.loads(job.diagnosis)["findings"] if job.diagnosis else []
        rows = [_row(session, job_id, finding) for finding in findings]
    return Response(orjson.dumps(rows), media_type="application/json")


def _row(session: Session, job_id: str, finding: dict[str, Any]) -> dict[str, Any]:
    return {
        **finding,
        "time": moment(_time(session, job_id, finding["first_step"])),
        "timeEnd": moment(_time(session, job_id, finding["last_step"])),
        "title": finding["rule"].replace("_", " ").capitalize(),
        "text": finding["explanation"],
        "tags": f"{finding['rule']},{finding['severity']}",
        "step": finding["first_step"],
        "layer": next(iter(finding["layers"]), ""),
    }


def _time(session: Session, job_id: str, step: int) -> float | None:
    """When a step was recorded, or the last one before it in its chunk."""
    chunks = traces.read(session, job_id, "curve", "loss", step, step)
    if not chunks:
        return None
    chunk = decode(chunks[0])
    behind = int(np.searchsorted(chunk.steps, step, side="right"))
    return float(chunk.times[max(0, behind - 1)])
