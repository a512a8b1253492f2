"""A job as JSON. Its stored documents are put in as they are: parsing them would cost the most of a poll."""

from collections.abc import Iterable
from datetime import UTC, datetime

import orjson

from service.jobs import progress
from service.jobs.state import State
from service.store.tables import Job

_PENDING: dict[str, object] = {"status": "pending", "verdict": None, "findings": []}


def job_document(job: Job) -> bytes:
    """The job as `service.api.views.jobs.JobView` describes it."""
    return orjson.dumps(_job(job))


def page_document(jobs: Iterable[Job], next_cursor: str | None) -> bytes:
    """A page as `service.api.views.jobs.JobPage` describes it."""
    data = [_job(job) for job in jobs]
    return orjson.dumps({"data": data, "has_more": next_cursor is not None, "next_cursor": next_cursor})


def moment(seconds: float | None) -> str | None:
    """A time as ISO 8601 in UTC, to the millisecond."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def job_path(job_id: str) -> str:
    """Where a job lives."""
    return f"/v1/jobs/{job_id}"


def _job(job: Job) -> dict[str, object]:
    return {
        "id": job.id,
        "name": job.name,
        "labels": orjson.Fragment(job.labels),
        "state": job.state,
        "created_at": moment(job.created_at),
        "started_at": moment(job.started_at),
        "finished_at": moment(job.finished_at),
        "cancel_requested_at": moment(job.cancel_requested_at),
        "attempt": job.attempt,
        "worker": job.worker,
        "device": job.device,
        "progress": _progress(job),
        "experiment": orjson.Fragment(job.experiment),
        "resolved": orjson.Fragment(job.resolved),
        "diagnosis": orjson.Fragment(job.diagnosis) if job.diagnosis else _PENDING,
        "result": orjson.Fragment(job.result) if job.result else None,
        "error": orjson.Fragment(job.error) if job.error else None,
        "links": _links(job.id),
    }


def _progress(job: Job) -> dict[str, float | None]:
    view = progress.view(job.step, job.total_steps, job.steps_per_second)
    return view if job.state == State.RUNNING else view | {"eta_seconds": None}


def _links(job_id: str) -> dict[str, str]:
    path = job_path(job_id)
    parts = ("cancel", "events", "layers", "traces", "curves", "histograms", "theory", "findings", "export")
    return {"self": path} | {part: f"{path}/{part}" for part in parts} | {"web": f"/ui/jobs/{job_id}"}
