"""Jobs to disturb, and what must be true of them afterwards."""

from itertools import pairwise
from typing import Any

import httpx
from sqlalchemy import select

from service.store import traces
from service.store.database import Database
from service.store.tables import Job, TraceChunk
from service.trace.blob import unpack
from tests.embedded import Embedded, until

Answer = dict[str, Any]


def experiment(steps: int) -> Answer:
    """A network so small that a step takes well under a millisecond."""
    return {
        "name": f"{steps} steps",
        "network": {
            "layers": [
                {"kind": "linear", "out_features": 8},
                {"kind": "activation", "function": "tanh"},
                {"kind": "linear", "out_features": 1},
            ]
        },
        "data": {"source": {"kind": "circles", "n_samples": 64}},
        "training": {
            "loss": "bce_with_logits",
            "optimizer": {"name": "sgd", "lr": 0.1},
            "batch_size": 32,
            "steps": steps,
        },
    }


def posted(client: httpx.Client, steps: int) -> str:
    """The id of a new job."""
    answer: Answer = client.post("/v1/jobs", json=experiment(steps)).raise_for_status().json()
    return str(answer["id"])


def job_of(client: httpx.Client, job_id: str) -> Answer:
    """The job as it is now."""
    answer: Answer = client.get(f"/v1/jobs/{job_id}").raise_for_status().json()
    return answer


def until_training(service: Embedded, client: httpx.Client, job_id: str) -> None:
    """Returns in the midst of the training."""
    until(lambda: job_of(client, job_id)["progress"]["step"] > 0, told=service.output)
    job = job_of(client, job_id)
    assert job["state"] == "running", f"the job was too short to be disturbed: {job}"


def ended(service: Embedded, client: httpx.Client, job_id: str) -> Answer:
    """The job, once it has ended."""
    until(lambda: job_of(client, job_id)["state"] not in ("queued", "running"), told=service.output)
    return job_of(client, job_id)


def losses(database_url: str, job_id: str) -> int:
    """How many lost attempts the job was charged with."""
    database = Database(database_url)
    with database.reading() as session:
        charged = session.scalars(select(Job.losses_without_progress).where(Job.id == job_id)).one()
    database.dispose()
    return charged


def assert_every_step_once(database_url: str, job: Answer) -> None:
    """No series of the last attempt has a step twice, none is left of earlier ones, and the cheap series are whole."""
    database = Database(database_url)
    with database.reading() as session:
        columns = (TraceChunk.scope, TraceChunk.metric, TraceChunk.attempt)
        found = session.execute(select(*columns).where(TraceChunk.job_id == job["id"]).distinct()).all()
        series = {(row.scope, row.metric): traces.read(session, job["id"], row.scope, row.metric) for row in found}
    database.dispose()
    assert {row.attempt for row in found} == {job["attempt"]}
    recorded = {
        name: [step for chunk in chunks for step in unpack(chunk.data)[0]["steps"].tolist()]
        for name, chunks in series.items()
    }
    for name, steps in recorded.items():
        assert all(before < after for before, after in pairwise(steps)), name
    everyone = list(range(job["progress"]["total_steps"]))
    assert recorded["layer", "grad_norm"] == everyone
    assert recorded["curve", "loss"] == everyone
