"""A worker takes a job. Whoever holds the current attempt owns it; all others are fenced off."""

from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import delete, func
from sqlalchemy.orm import Session

from service.jobs.state import State
from service.jobs.transition import move
from service.spec.run import RunSpec
from service.store.clock import now
from service.store.tables import Job, TraceChunk


class Fenced(Exception):
    """The job belongs to another attempt or has ended: whatever this worker still holds of it is void."""


@dataclass(frozen=True)
class Claim:
    """The right to run a job, for as long as `attempt` is its attempt."""

    job_id: str
    attempt: int
    total_steps: int
    resolved: str
    """The run after remedies, as JSON."""

    @cached_property
    def run(self) -> RunSpec:
        """The run after remedies. Raises `pydantic.ValidationError` where another release wrote it."""
        return RunSpec.model_validate_json(self.resolved)


def claim(session: Session, job_id: str, *, worker_id: str, device: str, lease_seconds: float) -> Claim | None:
    """The claim on a queued job, or None: the message was late, doubled or forged, and there is nothing to do.

    The job starts at step 0, and what earlier attempts recorded is removed.
    """
    job = move(
        session,
        job_id,
        State.QUEUED,
        State.RUNNING,
        Job.not_before <= now(),
        attempt=Job.attempt + 1,
        worker=worker_id,
        device=device,
        lease_expires_at=now() + lease_seconds,
        waited_seconds=func.coalesce(Job.waited_seconds, now() - Job.created_at),
        earlier_steps=Job.earlier_steps + Job.step,
        step=0,
        steps_per_second=None,
        diagnosis=None,
    )
    if job is None:
        return None
    if job.attempt > 1:
        session.execute(delete(TraceChunk).where(TraceChunk.job_id == job_id))
    return Claim(job.id, job.attempt, job.total_steps, job.resolved)
