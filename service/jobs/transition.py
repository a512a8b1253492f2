"""The one way a job changes its state: compare and set, with the event that tells of it."""

from typing import Any

import orjson
from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from service.jobs import tally
from service.jobs.state import ENDED, LEGAL, IllegalTransition, State
from service.store import events
from service.store.clock import now
from service.store.tables import Job

# What a state means for the columns that belong to it.
_ON_ENTRY: dict[State, dict[str, Any]] = {
    State.QUEUED: {"lease_expires_at": None, "dispatched_at": None, "worker": None, "device": None, "started_at": None},
    State.RUNNING: {"started_at": now(), "progress_at": now()},
    **{state: {"lease_expires_at": None, "finished_at": now()} for state in ENDED},
}


def move(
    session: Session,
    job_id: str,
    source: State,
    target: State,
    *conditions: ColumnElement[bool],
    **changes: Any,
) -> Job | None:
    """The job after it went from `source` to `target` with `changes` to its other columns.

    None, and nothing changed, where it was not in `source` or a condition did not hold. Raises `IllegalTransition`.
    """
    if target not in LEGAL[source]:
        raise IllegalTransition(source, target)
    statement = (
        update(Job)
        .where(Job.id == job_id, Job.state == source, *conditions)
        .values({"state": target, "version": Job.version + 1, **_ON_ENTRY[target], **changes})
        .returning(Job)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    job = session.scalars(statement).one_or_none()
    if job is None:
        return None
    events.append(session, job_id, ("state", {"state": target, "attempt": job.attempt}))
    if target in ENDED:
        verdict = orjson.loads(job.diagnosis)["verdict"] if job.diagnosis else None
        events.append(session, job_id, ("done", {"state": target, "verdict": verdict}))
        tally.count(session, job, verdict)
    return job
