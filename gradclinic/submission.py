"""Sending an experiment, once however often it is sent."""

import uuid

from gradclinic.connection import Connection
from gradclinic.errors import Json
from gradclinic.experiment import Experiment, body

JSON = {"Content-Type": "application/json"}


def submitted(connection: Connection, experiment: Experiment, idempotency_key: str | None = None) -> Json:
    """The job that came of it."""
    headers = {**JSON, "Idempotency-Key": idempotency_key or uuid.uuid4().hex}
    # The key makes a repetition safe: the service answers it with the job that it has made already.
    job: Json = connection.post("/v1/jobs", content=body(experiment), headers=headers, repeatable=True)
    return job
