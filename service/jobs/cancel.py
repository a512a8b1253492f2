"""A client asks for a job to end."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from service.errors import JobEnded
from service.jobs.lock import lock
from service.jobs.state import ENDED, State
from service.jobs.transition import move
from service.store import jobs
from service.store.clock import now
from service.store.tables import Job


def cancel(session: Session, job_id: str) -> Job:
    """The job, cancelled if it was queued; if it runs, its worker reads the request at its next flush.

    Asking again changes nothing. Raises `NotFound`, or `JobEnded` where the job was faster.
    """
    job = lock(session, job_id)
    if job.state in ENDED:
        raise JobEnded(f"The job has already {job.state}." if job.state != State.CANCELLED else None)
    if job.state == State.QUEUED:
        move(session, job_id, State.QUEUED, State.CANCELLED, cancel_requested_at=now())
    elif job.cancel_requested_at is None:
        session.execute(
            update(Job)
            .where(Job.id == job_id)
            .values(cancel_requested_at=now(), version=Job.version + 1)
            .execution_options(synchronize_session=False)
        )
    return jobs.get(session, job_id)
