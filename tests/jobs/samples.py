"""Small experiments and the steps of a job's life, for tests that need some."""

from typing import Any

import numpy as np
from sqlalchemy import text, update

from service.experiment import Experiment
from service.jobs.claim import Claim, claim
from service.jobs.progress import flush
from service.jobs.submit import submit
from service.store.database import Database
from service.store.tables import Job
from service.trace.chunk import Chunk, Scope

LEASE = 30.0


def experiment(**changes: Any) -> Experiment:
    """One linear layer on digits, ten steps."""
    document = {
        "network": {"layers": [{"kind": "linear", "out_features": 10}]},
        "data": {"source": {"kind": "digits"}},
        "training": {"loss": "cross_entropy", "steps": 10},
    }
    return Experiment.model_validate(document | changes)


_EXPERIMENT = experiment()
_RESOLVED = _EXPERIMENT.resolved()


def queued(database: Database, *, principal: str = "lab", name: str = "", labels: dict[str, str] | None = None) -> str:
    """The id of a new job."""
    sent = _EXPERIMENT.model_copy(update={"name": name, "labels": labels or {}})
    with database.transaction() as session:
        job = submit(session, sent, _RESOLVED, principal=principal, idempotency_key=None, max_queued=10**6).job
    return job.id


def claimed(database: Database, job_id: str, worker: str = "w1") -> Claim:
    """The claim of `worker` on a queued job."""
    with database.transaction() as session:
        taken = claim(session, job_id, worker_id=worker, device="cpu", lease_seconds=LEASE)
    assert taken is not None
    return taken


def running(database: Database) -> Claim:
    """The claim on a new job."""
    return claimed(database, queued(database))


def chunk(
    first: int, points: int, *, metric: str = "grad_norm", scope: Scope = "layer", layers: int = 3, every: int = 1
) -> Chunk:
    """Random values with a NaN and an infinity."""
    random = np.random.default_rng([first, points])
    steps = first + every * np.arange(points)
    values = random.normal(size=(points, layers)).astype(np.float32)
    values[0, 0], values[-1, -1] = np.nan, np.inf
    names = tuple(f"{depth:02} linear" for depth in range(layers)) if scope == "layer" else ("",) * layers
    return Chunk(scope, metric, names, steps, 1.7e9 + steps.astype(np.float64), values, every)


def flushed(database: Database, held: Claim, step: int, *chunks: Chunk) -> bool:
    """Whether a cancel was asked for, after a flush without a diagnosis."""
    with database.transaction() as session:
        return flush(session, held, step=step, steps_per_second=5.0, chunks=chunks, diagnosis=None, lease_seconds=LEASE)


def expire(database: Database, job_id: str) -> None:
    """As if the worker had been silent for the length of its lease, and every back-off were over."""
    with database.transaction() as session:
        session.execute(
            update(Job).where(Job.id == job_id, Job.lease_expires_at.is_not(None)).values(lease_expires_at=1)
        )
        session.execute(update(Job).where(Job.id == job_id).values(not_before=0))


def everything(database: Database) -> dict[str, list[Any]]:
    """Every row of every table, to see whether anything changed."""
    tables = ("jobs", "job_labels", "job_events", "trace_chunks", "workers")
    with database.reading() as session:
        return {table: sorted(map(tuple, session.execute(text(f"SELECT * FROM {table}")))) for table in tables}


def job(database: Database, job_id: str) -> Job:
    """The job as it is now."""
    with database.reading() as session:
        return session.get_one(Job, job_id)
