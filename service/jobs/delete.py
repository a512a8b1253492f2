"""A client removes a job that has ended."""

from sqlalchemy import delete as delete_from
from sqlalchemy.orm import Session

from service.errors import JobActive
from service.jobs import tally
from service.jobs.lock import lock
from service.jobs.state import ENDED
from service.store.tables import Job


def delete(session: Session, job_id: str) -> None:
    """Removes the job with its traces, events and labels. Raises `NotFound`, or `JobActive` unless it has ended."""
    job = lock(session, job_id)
    if job.state not in ENDED:
        raise JobActive
    tally.uncount(session, job)
    session.execute(delete_from(Job).where(Job.id == job_id).execution_options(synchronize_session=False))
