"""A worker lets go of its job. A cancel that was recorded first wins over every other end."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy.orm import Session

from service.diagnosis import Diagnosis
from service.jobs.claim import Claim
from service.jobs.fence import fence
from service.jobs.progress import flush
from service.jobs.result import Result
from service.jobs.state import State
from service.jobs.transition import move
from service.store.clock import now
from service.trace.recorded import Recorded


def succeed(
    session: Session,
    claim: Claim,
    result: Result,
    diagnosis: Diagnosis,
    chunks: Sequence[Recorded] = (),
    *,
    steps_per_second: float | None = None,
) -> State:
    """Keeps the last chunks, the diagnosis of the whole trace and the result; the state the job ended in.

    All steps are done unless the result says where the run was stopped.

    Raises `Fenced`, also where an earlier try of the same call was kept after all.
    """
    flush(
        session,
        claim,
        step=claim.total_steps if result.stopped_at is None else result.stopped_at,
        steps_per_second=steps_per_second,
        chunks=chunks,
        diagnosis=diagnosis,
        lease_seconds=0,
    )
    return _end(session, claim, State.SUCCEEDED, result=orjson.dumps(result).decode())


def fail(session: Session, claim: Claim, problem: Mapping[str, object]) -> State:
    """Ends a job that the service could not run, and says why; the state it ended in. Raises `Fenced`."""
    return _end(session, claim, State.FAILED, error=orjson.dumps(problem).decode())


def cancelled(session: Session, claim: Claim) -> State:
    """Ends a job as its owner asked for; what was recorded is kept. Raises `Fenced`."""
    return _end(session, claim, State.CANCELLED)


def hand_back(session: Session, claim: Claim) -> State:
    """Puts a job back into the queue because this worker stops; it is not charged with a loss. Raises `Fenced`."""
    return _end(session, claim, State.QUEUED, not_before=now())


def _end(session: Session, claim: Claim, target: State, **changes: Any) -> State:
    if fence(session, claim).cancel_requested:
        target, changes = State.CANCELLED, {}
    move(session, claim.job_id, State.RUNNING, target, **changes)
    return target
