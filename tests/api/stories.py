"""Experiments, and jobs that have come as far as a test needs them, made by the functions a worker calls."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.diagnosis import Diagnosis, Finding
from service.experiment import Experiment
from service.jobs import finish
from service.jobs.claim import Claim, claim
from service.jobs.progress import flush
from service.jobs.result import Result
from service.jobs.submit import submit
from service.remedies.edits.clip_grad_norm import REMEDY as CLIP
from service.store.database import Database
from service.trace.chunk import Chunk
from service.trace.recorded import Recorded

LAYERS = ("00 linear", "01 activation", "02 linear")
STEPS = 300
RECORDED = ("00 linear", "02 linear")
START = 1_790_000_000.0
_EXPERIMENT: dict[str, Any] = {
    "network": {
        "layers": [
            {"kind": "linear", "out_features": 8},
            {"kind": "activation", "function": "tanh"},
            {"kind": "linear", "out_features": 10},
        ]
    },
    "data": {"source": {"kind": "digits"}},
    "training": {"loss": "cross_entropy", "steps": STEPS},
}
ILL = Diagnosis(
    status="issues_found",
    verdict="exploding_gradient",
    findings=(
        Finding(
            rule="exploding_gradient",
            severity="critical",
            cause="learning_rate",
            layers=("02 linear", "00 linear"),
            first_step=7,
            last_step=260,
            value=1e9,
            threshold=1e3,
            explanation="The gradient grew without bound.",
            remedies=(CLIP(max_norm=1.0),),
        ),
    ),
)


def experiment(edit: Callable[[dict[str, Any]], object] | None = None, **changes: Any) -> dict[str, Any]:
    """A small experiment as a client writes it, after `edit`."""
    document = copy.deepcopy(_EXPERIMENT) | changes
    if edit:
        edit(document)
    return document


def queued(database: Database, **changes: Any) -> str:
    """The id of a new job."""
    sent = Experiment.model_validate(experiment(**changes))
    with database.transaction() as session:
        return submit(session, sent, sent.resolved(), principal="local", idempotency_key=None, max_queued=10**6).job.id


def claimed(database: Database, job_id: str) -> Claim:
    """The claim of a worker on a queued job."""
    with database.transaction() as session:
        held = claim(session, job_id, worker_id="w1", device="cpu", lease_seconds=60)
    assert held is not None
    return held


def flushed(
    database: Database, held: Claim, step: int, chunks: Sequence[Recorded], found: Diagnosis | None = None
) -> None:
    """As a worker tells how far it is."""
    with database.transaction() as session:
        flush(session, held, step=step, steps_per_second=50.0, chunks=chunks, diagnosis=found, lease_seconds=60)


def _times(steps: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(START + 0.1 * steps, np.float64)


def gradients(first: int, points: int) -> Chunk:
    """The gradient norms of the two linear layers: the step, and a thousandth of it; NaN and infinities in between."""
    steps = np.arange(first, first + points)
    values = np.stack([steps, steps / 1000], axis=1).astype(np.float32)
    values[steps == 5, 0], values[steps == 130, 1], values[steps == 131, 1] = np.nan, np.inf, -np.inf
    return Chunk("layer", "grad_norm", RECORDED, steps, _times(steps), values)


def losses(first: int, points: int) -> Chunk:
    """A loss that falls to zero and below, as no loss does, and is NaN at step 9."""
    steps = np.arange(first, first + points)
    values = (2.0 - 0.01 * steps).astype(np.float32)[:, None]
    values[steps == 9] = np.nan
    return Chunk("curve", "loss", ("",), steps, _times(steps), values)


def finished(database: Database, diagnosis: Diagnosis = ILL, **changes: Any) -> str:
    """The id of a job that succeeded, with traces in two chunks and a loss that is not finite."""
    held = claimed(database, queued(database, **changes))
    flushed(database, held, 128, [gradients(0, 128), losses(0, 128)])
    result = Result(float("nan"), 0.5, float("inf"), None, 0.1)
    with database.transaction() as session:
        rest = [gradients(128, STEPS - 128), losses(128, STEPS - 128)]
        finish.succeed(session, held, result, diagnosis, rest, steps_per_second=50.0)
    return held.job_id
