"""What happened to a job, in order: the source of its event stream."""

from collections.abc import Mapping, Sequence
from typing import Literal

import orjson
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from service.store.clock import now
from service.store.tables import JobEvent

Kind = Literal["state", "progress", "finding", "done"]


def append(session: Session, job_id: str, *happened: tuple[Kind, Mapping[str, object]]) -> None:
    """Adds events in the order given. Call it in the transaction of what they tell, which holds the job's row:
    so a job's events become visible in the order of their numbers."""
    rows = [{"job_id": job_id, "kind": kind, "data": orjson.dumps(data).decode()} for kind, data in happened]
    if rows:
        session.execute(insert(JobEvent).values(created_at=now()), rows)


def after(session: Session, job_id: str, seq: int, limit: int = 256) -> Sequence[JobEvent]:
    """The next events of a job after number `seq` (0: from the beginning), oldest first."""
    query = select(JobEvent).where(JobEvent.job_id == job_id, JobEvent.seq > seq).order_by(JobEvent.seq).limit(limit)
    return session.scalars(query).all()
