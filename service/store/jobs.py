"""Looking jobs up."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.store.tables import Job, JobLabel


@dataclass(frozen=True, slots=True)
class Page:
    """Some jobs, newest first, and the cursor of the next page where there is one."""

    jobs: Sequence[Job]
    next_cursor: str | None


def get(session: Session, job_id: str) -> Job:
    """The job as it is now. Raises `NotFound`."""
    job = session.get(Job, job_id, populate_existing=True)
    if job is None:
        raise NotFound(f"There is no job {job_id}.")
    return job


def version(session: Session, job_id: str) -> int:
    """The version of a job, for less than the job. Raises `NotFound`."""
    found = session.scalar(select(Job.version).where(Job.id == job_id))
    if found is None:
        raise NotFound(f"There is no job {job_id}.")
    return found


def list_page(
    session: Session,
    *,
    states: Sequence[str] = (),
    labels: Sequence[tuple[str, str]] = (),
    name_part: str = "",
    limit: int,
    after: str | None = None,
) -> Page:
    """Up to `limit` jobs in any of `states` with all of `labels`, newest first, after the cursor of an earlier page.

    `name_part` is looked for in the names, whatever its case (SQLite: of ASCII letters). That reads rows one by one,
    newest first, until a page is full: no index can help with the middle of a name.

    A cursor is the id of the last job seen; ids begin with the time of creation, so that a page stays where it was
    while jobs come and go, its last one included.
    """
    query = select(Job).order_by(Job.id.desc()).limit(limit + 1)
    if states:
        query = query.where(Job.state.in_(states))
    for key, value in labels:
        labelled = select(JobLabel.job_id).where(JobLabel.key == key, JobLabel.value == value)
        query = query.where(Job.id.in_(labelled))
    if name_part:
        query = query.where(Job.name.icontains(name_part, autoescape=True))
    if after is not None:
        query = query.where(Job.id < after)
    jobs = session.scalars(query).all()
    return Page(jobs[:limit], jobs[limit - 1].id if len(jobs) > limit else None)
