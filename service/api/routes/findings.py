"""Findings as flat rows, for tables and annotations."""

from typing import Annotated, Any

import numpy as np
import orjson
from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from service.api.composition import TheDatabase
from service.api.finding_rows import finding_row
from service.api.openapi import problems
from service.api.parameters import JobId, blank_is
from service.api.views.findings import FindingRows
from service.diagnosis import diagnose
from service.diagnosis.profiles import OWN, ProfileName
from service.spec.run import RunSpec, layer_rows
from service.store import jobs, traces
from service.store.database import Database
from service.trace.chunk import decode
from service.trace.trace import Trace

router = APIRouter(tags=["findings"])
_Profile = Annotated[
    ProfileName,
    blank_is(OWN),
    Query(description="Whose rules: ours, or those of another tool as `GET /v1/catalog` restates them."),
]


@router.get(
    "/v1/jobs/{job_id}/findings",
    summary="What is wrong, root cause first",
    response_model=FindingRows,
    responses=problems(401, 404, 422, 429, 503),
)
def read_findings(job_id: JobId, database: TheDatabase, profile: _Profile = OWN) -> Response:
    """Each finding with ready-made remedies, and the same as scalars for Grafana's tables and annotations."""
    findings = _stored(database, job_id) if profile == OWN else _restated(database, job_id, profile)
    with database.reading() as session:
        rows = [_row(session, job_id, finding) for finding in findings]
    return Response(orjson.dumps(rows), media_type="application/json")


def _stored(database: Database, job_id: str) -> list[dict[str, Any]]:
    with database.reading() as session:
        job = jobs.get(session, job_id)
        return list(orjson.loads(job.diagnosis)["findings"]) if job.diagnosis else []


def _restated(database: Database, job_id: str, profile: ProfileName) -> list[dict[str, Any]]:
    """What another tool would say of the trace so far."""
    with database.reading() as session:
        run = RunSpec.model_validate_json(jobs.get(session, job_id).resolved)
        chunks = traces.read_whole(session, job_id)
    trace = Trace(layer_rows(run)).extended(map(decode, chunks))
    return [finding.model_dump(mode="json") for finding in diagnose(trace, run, profile)]


def _row(session: Session, job_id: str, finding: dict[str, Any]) -> dict[str, Any]:
    since, until = (_time(session, job_id, finding[step]) for step in ("first_step", "last_step"))
    return finding_row(finding, since, until)


def _time(session: Session, job_id: str, step: int) -> float | None:
    """When a step was recorded, or the last one before it in its chunk."""
    chunks = traces.read(session, job_id, "curve", "loss", step, step)
    if not chunks:
        return None
    chunk = decode(chunks[0])
    behind = int(np.searchsorted(chunk.steps, step, side="right"))
    return float(chunk.times[max(0, behind - 1)])
