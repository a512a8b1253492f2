"""A worker tells how far it is."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import case, update
from sqlalchemy.orm import Session

from service.diagnosis import Diagnosis
from service.jobs.claim import Claim
from service.jobs.fence import fence
from service.store import events, traces
from service.store.clock import now
from service.store.tables import Job
from service.trace.recorded import Recorded


def flush(
    session: Session,
    claim: Claim,
    *,
    step: int,
    steps_per_second: float | None,
    chunks: Sequence[Recorded],
    diagnosis: Diagnosis | None,
    lease_seconds: float,
) -> bool:
    """Keeps what was recorded since the last flush and renews the lease; whether a cancel was asked for.

    `step` is the number of optimizer steps done. `diagnosis` None: as before. Raises `Fenced`. Where the transaction
    ended in `StoreUnavailable`, flush the same chunks again, cut as they were: those already kept are left alone.
    """
    encoded = [chunk.encode() for chunk in chunks]
    held = fence(session, claim)
    told: list[tuple[events.Kind, Mapping[str, object]]] = [
        ("progress", view(step, claim.total_steps, steps_per_second))
    ]
    changes: dict[str, Any] = {
        "step": step,
        "steps_per_second": steps_per_second,
        "lease_expires_at": now() + lease_seconds,
        "progress_at": now(),
    }
    if diagnosis is not None:
        changes["diagnosis"] = diagnosis.model_dump_json()
        told += [("finding", finding) for finding in _news(held.diagnosis, changes["diagnosis"])]
    session.execute(
        update(Job)
        .where(Job.id == claim.job_id)
        .values({"version": Job.version + 1, **changes})
        .execution_options(synchronize_session=False)
    )
    traces.append(session, claim.job_id, claim.attempt, encoded)
    events.append(session, claim.job_id, *told)
    return held.cancel_requested


def renew(session: Session, claim: Claim, *, lease_seconds: float, stall_seconds: float) -> bool:
    """The heartbeat: renews the lease unless nothing was flushed for `stall_seconds`; whether a cancel was asked for.

    A worker that hangs in a step still has a live heartbeat thread, so time without progress must end the lease.
    Raises `Fenced`.
    """
    held = fence(session, claim)
    moving = Job.progress_at > now() - stall_seconds
    session.execute(
        update(Job)
        .where(Job.id == claim.job_id)
        .values(lease_expires_at=case((moving, now() + lease_seconds), else_=Job.lease_expires_at))
        .execution_options(synchronize_session=False)
    )
    return held.cancel_requested


def view(step: int, total_steps: int, steps_per_second: float | None) -> dict[str, float | None]:
    """A job's progress as clients see it."""
    eta = (total_steps - step) / steps_per_second if steps_per_second else None
    return {"step": step, "total_steps": total_steps, "steps_per_second": steps_per_second, "eta_seconds": eta}


def _news(before: str | None, after: str) -> list[dict[str, object]]:
    """Findings taken back, as they were told and marked `withdrawn`, and then those that are new."""
    known = {_identity(finding): finding for finding in orjson.loads(before)["findings"]} if before else {}
    current = {_identity(finding): finding for finding in orjson.loads(after)["findings"]}
    withdrawn = [{**finding, "withdrawn": True} for identity, finding in known.items() if identity not in current]
    return withdrawn + [finding for identity, finding in current.items() if identity not in known]


def _identity(finding: dict[str, object]) -> tuple[object, object]:
    # Its layers, last step and value change while it stays the same finding.
    return finding["rule"], finding["cause"]
