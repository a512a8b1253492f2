"""From a job to a run."""

import tempfile
from dataclasses import dataclass
from datetime import datetime

from gradclinic import Job
from service.cli.mlflow.contents import params, tags
from service.cli.mlflow.limits import METRICS_AT_ONCE, PARAMS_AT_ONCE, batches
from service.cli.mlflow.numbers import metrics
from service.cli.mlflow.server import JOB_TAG, RUNNING, Run, Server

_POINTS_TAG = "gradclinic.max_points"
_STATUS = {"succeeded": "FINISHED", "failed": "FAILED", "cancelled": "KILLED"}


class NotEnded(Exception):
    """The job still changes, and what a run has once been told stays."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """The run of a job."""

    url: str
    new: bool
    """Whether it was not there before."""
    numbers: int
    """Points of metrics that were sent."""


def push(job: Job, server: Server, experiment: str, max_points: int) -> Pushed:
    """Makes a run of a job that has ended; the one that is there where it was made before.

    A run that was begun and not finished is told everything again, which changes nothing of what it knows. Raises
    `NotEnded`, and what the server and the service raise.
    """
    if not job.ended:
        raise NotEnded(f"{job.id} is {job.state}: push it when it has ended. `gradclinic watch {job.id}` waits for it.")
    told = job.document
    of = server.experiment(experiment)
    run = server.run_of(of, job.id)
    if run is not None and run.status != RUNNING:
        return Pushed(_url(server, of, run), new=False, numbers=0)
    end = _milliseconds(told["finished_at"])
    if run is None:
        found_by = {JOB_TAG: job.id, _POINTS_TAG: str(max_points)}
        start = _milliseconds(told["started_at"] or told["created_at"])
        named = [{"key": name, "value": value} for name, value in found_by.items()]
        run = server.create(of, job.name or job.id, start, named)
    sent = _fill(server, run, job, end)
    server.end(run, _STATUS[job.state], end)
    return Pushed(_url(server, of, run), new=True, numbers=sent)


def _fill(server: Server, run: Run, job: Job, end: int) -> int:
    """Tells a run everything about a job; how many points of metrics that were."""
    # Other points than those that it may have already would stand beside them.
    points = int(run.tags[_POINTS_TAG])
    for batch in batches(params(job.document), PARAMS_AT_ONCE):
        server.log(run, params=batch)
    for batch in batches(tags(job.document, job.page), PARAMS_AT_ONCE):
        server.log(run, tags=batch)
    sent = 0
    with tempfile.TemporaryDirectory() as folder:
        file = job.export("npz", folder, max_points=points)
        for batch in batches(metrics(file, job.document, end), METRICS_AT_ONCE):
            server.log(run, metrics=batch)
            sent += len(batch)
    return sent


def _url(server: Server, experiment_id: str, run: Run) -> str:
    return f"{server.url}/#/experiments/{experiment_id}/runs/{run.id}"


def _milliseconds(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)
