"""A job of 100 layers and 10 000 steps, put beside a running service by the functions its own workers call."""

import httpx
import numpy as np
from numpy.typing import NDArray

from service.diagnosis import conclude, diagnose
from service.experiment import Experiment
from service.jobs import claim, finish, progress, submit
from service.jobs.result import Result
from service.spec.run import layer_rows
from service.store.database import Database
from service.trace.chunk import Chunk, Scope
from service.trace.histogram import COLUMNS, HistogramChunk
from service.trace.trace import Trace
from tests.dashboard.samples import Answer

LAYERS = 100
STEPS = 10_000
SPIKE = (30, 6_180)
"""Layer and step at which one gradient is a million times its neighbours."""
DIP = (50, 2_345)
"""Where one is a millionth of them."""
NOT_A_NUMBER = (70, 8_642)
"""Where one is no number."""

_CHUNK_STEPS = 256
_LEASE_SECONDS = 600.0
_SPEED = 900.0
_CURVES = ("loss", "accuracy", "validation_loss", "validation_accuracy", "lr", "grad_norm")


def big_job(client: httpx.Client, database_url: str) -> Answer:
    """The job as the API tells it: it has ended, and a diagnosis was made of its trace."""
    block = [{"kind": "linear", "out_features": 8}, {"kind": "activation", "function": "tanh"}]
    experiment = Experiment.model_validate(
        {
            "name": "a hundred layers",
            "network": {
                "layers": [
                    {"kind": "repeat", "times": LAYERS - 1, "layers": block},
                    {"kind": "linear", "out_features": 10},
                ]
            },
            "data": {"source": {"kind": "digits"}},
            "training": {"loss": "cross_entropy", "steps": STEPS},
        }
    )
    run = experiment.resolved()
    rows = layer_rows(run)
    names = tuple(row.layer for row in rows if row.kind == "linear")
    chunks = [chunk for first in range(0, STEPS, _CHUNK_STEPS) for chunk in _chunks(first, names)]
    steps = np.arange(0, STEPS, 500)
    counts = np.random.default_rng(1).integers(0, 9, (len(steps), LAYERS, COLUMNS), np.int32)
    histograms = HistogramChunk(names, steps, 1.7e9 + steps / _SPEED, counts)
    trace = Trace(tuple(rows)).extended(chunks)
    diagnosis = conclude(diagnose(trace, run))
    database = Database(database_url)
    with database.transaction() as session:
        # Queued and taken at once: no worker of the service ever sees it in the queue.
        job = submit.submit(session, experiment, run, principal="test", idempotency_key=None, max_queued=10**6).job
        held = claim.claim(session, job.id, worker_id="test", device="cpu", lease_seconds=_LEASE_SECONDS)
    assert held is not None
    with database.transaction() as session:
        progress.flush(
            session,
            held,
            step=STEPS - 1,
            steps_per_second=_SPEED,
            chunks=[*chunks, histograms],
            diagnosis=None,
            lease_seconds=_LEASE_SECONDS,
        )
    with database.transaction() as session:
        finish.succeed(session, held, Result(0.3, 0.9, 0.4, 0.9, 0.05), diagnosis, steps_per_second=_SPEED)
    database.dispose()
    answer: Answer = client.get(f"/v1/jobs/{job.id}").raise_for_status().json()
    return answer


def gradients() -> NDArray[np.float32]:
    """[STEPS, LAYERS] gradient norms that grow with depth and fall with time, noisy, with the three marks in them."""
    random = np.random.default_rng(0)
    depth, time = np.linspace(-2.0, 0.0, LAYERS), np.linspace(0.0, -0.5, STEPS)[:, None]
    values = 10 ** (depth + time + random.normal(0, 0.05, (STEPS, LAYERS)))
    for (layer, step), change in ((SPIKE, 1e6), (DIP, 1e-6), (NOT_A_NUMBER, np.nan)):
        values[step, layer] *= change
    return values.astype(np.float32)


_GRADIENTS = gradients()


def _chunks(first: int, names: tuple[str, ...]) -> list[Chunk]:
    steps = np.arange(first, min(first + _CHUNK_STEPS, STEPS))
    times = 1.7e9 + steps / _SPEED

    def chunk(scope: Scope, metric: str, layers: tuple[str, ...], values: NDArray[np.float32]) -> Chunk:
        return Chunk(scope, metric, layers, steps, times, values)

    norms = _GRADIENTS[steps]
    layered: dict[str, NDArray[np.float32]] = {
        "grad_norm": norms,
        "delta_norm": 2 * norms,
        "update_ratio": norms / np.float32(100),
        "weight_norm": 3 + 0 * norms,
    }
    falling = np.linspace(2.3, 0.3, STEPS, dtype=np.float32)[steps, None]
    return [
        *(chunk("layer", metric, names, values) for metric, values in layered.items()),
        *(chunk("curve", metric, ("",), falling) for metric in _CURVES),
    ]
