"""The guard that every write of a worker begins with, in the same transaction."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.jobs.claim import Claim, Fenced
from service.jobs.state import State
from service.store.tables import Job


class Held(NamedTuple):
    """What the owner of a job has to know before it writes."""

    cancel_requested: bool
    diagnosis: str | None
    """As last written, JSON."""


def fence(session: Session, claim: Claim) -> Held:
    """Locks the job's row until the transaction ends. Raises `Fenced` where the job is not ours any more.

    The attempt decides and not the time: a lease that has run out is good until the reaper takes the job.
    """
    owned = (
        select(Job.cancel_requested_at, Job.diagnosis)
        .where(Job.id == claim.job_id, Job.attempt == claim.attempt, Job.state == State.RUNNING)
        .with_for_update()
    )
    row = session.execute(owned).one_or_none()
    if row is None:
        raise Fenced(f"{claim.job_id}, attempt {claim.attempt}")
    return Held(row.cancel_requested_at is not None, row.diagnosis)
