"""A job, held still while a request decides what to do with it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.store.tables import Job


def lock(session: Session, job_id: str) -> Job:
    """The job, which nobody else can change until the transaction ends. Raises `NotFound`."""
    statement = select(Job).where(Job.id == job_id).with_for_update().execution_options(populate_existing=True)
    job = session.scalars(statement).one_or_none()
    if job is None:
        raise NotFound(f"There is no job {job_id}.")
    return job
