"""A new job, durable once the transaction ends. The broker is not touched: see `service.jobs.dispatcher`."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from service.errors import IdempotencyInFlight, IdempotencyMismatch, QueueFull
from service.experiment import Experiment
from service.jobs.identifier import identifier
from service.jobs.state import State
from service.spec.data.sources.uploaded import Uploaded, unknown
from service.spec.run import RunSpec
from service.store import conflicts, datasets, events, jobs
from service.store.clock import now
from service.store.tables import Job, JobLabel

KEY_LIFETIME_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Submitted:
    """The job, and whether an earlier request had made it."""

    job: Job
    replayed: bool


def submit(
    session: Session,
    experiment: Experiment,
    resolved: RunSpec,
    *,
    principal: str,
    idempotency_key: str | None,
    max_queued: int,
) -> Submitted:
    """Queues `experiment`, whose run after remedies is `resolved`, for `principal` (at most 64 characters).

    The same `idempotency_key` of the same principal within a day gives the same job, however many ask at once.
    Raises `IdempotencyMismatch` where that job has another experiment, `QueueFull` where the principal already has
    `max_queued` jobs waiting; requests that arrive together may overshoot that by their own number. Raises
    `InvalidExperiment` where the dataset it reads was deleted meanwhile.
    """
    document = experiment.model_dump_json(exclude_none=True)
    columns: dict[str, Any] = {
        "principal": principal,
        "idempotency_key": idempotency_key,
        "fingerprint": fingerprint(experiment),
        "name": experiment.name,
        "labels": orjson.dumps(experiment.labels).decode(),
        "experiment": document,
        "resolved": resolved.model_dump_json(exclude_none=True),
        "total_steps": resolved.total_steps,
        "state": State.QUEUED,
    }
    if idempotency_key is not None:
        _forget_old_key(session, principal, idempotency_key)
        if earlier := _earlier(session, principal, idempotency_key, columns["fingerprint"]):
            return earlier
    queued = select(func.count()).where(Job.state == State.QUEUED, Job.principal == principal).scalar_subquery()
    time, waiting = session.execute(select(now(), queued)).one()
    if waiting >= max_queued:
        raise QueueFull(f"{waiting} jobs are waiting, and {max_queued} may; try again when some have ended.")

    job_id = identifier("job", time)
    statement = conflicts.insert(session, Job).values(id=job_id, created_at=time, not_before=time, **columns)
    unique = ["principal", "idempotency_key"]
    if not session.execute(statement.on_conflict_do_nothing(index_elements=unique).returning(Job.id)).all():
        # Another request with the same key was faster by less than a transaction.
        earlier = _earlier(session, principal, idempotency_key, columns["fingerprint"])
        if earlier is None:
            raise IdempotencyInFlight
        return earlier
    if experiment.labels:
        labels = [{"job_id": job_id, "key": key, "value": value} for key, value in experiment.labels.items()]
        session.execute(insert(JobLabel), labels)
    source = experiment.data.source
    if isinstance(source, Uploaded) and not datasets.hold(session, job_id, source.dataset_id):
        raise unknown(source.dataset_id)
    events.append(session, job_id, ("state", {"state": State.QUEUED, "attempt": 0}))
    return Submitted(jobs.get(session, job_id), replayed=False)


def fingerprint(experiment: Experiment) -> str:
    """SHA-256 of what the experiment says, however it was written: parsed, defaults filled in, keys sorted."""
    return sha256(orjson.dumps(experiment.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _earlier(session: Session, principal: str, key: str | None, expected: str) -> Submitted | None:
    job = session.scalar(select(Job).where(Job.principal == principal, Job.idempotency_key == key))
    if job is None:
        return None
    if job.fingerprint != expected:
        raise IdempotencyMismatch
    return Submitted(job, replayed=True)


def _forget_old_key(session: Session, principal: str, key: str) -> None:
    expired = Job.created_at < now() - KEY_LIFETIME_SECONDS
    session.execute(
        update(Job)
        .where(Job.principal == principal, Job.idempotency_key == key, expired)
        .values(idempotency_key=None)
        .execution_options(synchronize_session=False)
    )
