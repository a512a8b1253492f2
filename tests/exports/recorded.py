"""A job with everything that can be recorded, NaN and infinities among it, and the series as they are stored."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from service.jobs import finish
from service.jobs.result import Result
from service.store.database import Database
from service.trace.chunk import Chunk
from service.trace.histogram import COLUMNS, FIRST_BIN, NONFINITE, ZEROS, HistogramChunk
from service.trace.recorded import Recorded
from tests.api.serving import json_of, serving
from tests.api.stories import ILL, START, claimed, flushed, queued
from tests.experiments import linear

LENGTH = 12
LAYERS = ("00 rnn", "01 linear")
TIMES = tuple(f"00 rnn t{time:02d}" for time in range(LENGTH))
STEPS = 300
NAME = "Exploding ünique net!"
RECURRENT: dict[str, Any] = {
    "name": NAME,
    "network": {"layers": [{"kind": "rnn", "hidden_size": 4}, linear(1)]},
    "data": {"source": {"kind": "adding", "length": LENGTH}},
    "training": {"loss": "mse", "steps": STEPS},
}


def times(steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """When steps were recorded."""
    return np.asarray(START + 0.1 * steps, np.float64)


def series(first: int, points: int) -> list[Chunk]:
    """Two metrics of layers, one through time at every second step, and a curve."""
    steps = np.arange(first, first + points)
    rare = steps[steps % 2 == 0]
    gradients = (np.stack([steps, steps / 1000], axis=1) + 0.1).astype(np.float32)
    gradients[steps == 5, 0], gradients[steps == 130, 1], gradients[steps == 131, 1] = np.nan, np.inf, -np.inf
    gradients[steps == 77, 0] = 1e30
    through = np.tile(0.5 ** np.arange(LENGTH)[::-1], (len(rare), 1)).astype(np.float32)
    through[rare == 40, 3] = np.nan
    losses = (2.0 - 0.01 * steps).astype(np.float32)[:, None]
    losses[steps >= 280] = np.nan
    return [
        Chunk("layer", "grad_norm", LAYERS, steps, times(steps), gradients),
        Chunk("layer", "time_delta_norm", TIMES, rare, times(rare), through, 2),
        Chunk("curve", "loss", ("",), steps, times(steps), losses),
        Chunk("curve", "grad_norm", ("",), steps, times(steps), 3 * losses),
    ]


def histograms(*steps: int) -> HistogramChunk:
    """Of two layers: one has zeros and what is not finite, the other only that."""
    counts = np.zeros((len(steps), 2, COLUMNS), np.int32)
    counts[:, 0, FIRST_BIN + 100], counts[:, 0, FIRST_BIN + 102], counts[:, 0, ZEROS] = 7, 9, 3
    counts[:, 0, NONFINITE], counts[:, 1, NONFINITE] = 1, 5
    at = np.array(steps)
    return HistogramChunk(LAYERS, at, times(at), counts)


def diverged(database: Database, **changes: Any) -> str:
    """The id of a job that has ended."""
    held = claimed(database, queued(database, **RECURRENT | changes))
    flushed(database, held, 128, [*series(0, 128), histograms(0, 100)])
    result = Result(float("nan"), None, float("inf"), None, 0.1)
    with database.transaction() as session:
        rest: list[Recorded] = [*series(128, STEPS - 128), histograms(299)]
        finish.succeed(session, held, result, ILL, rest, steps_per_second=50.0)
    return held.job_id


@contextmanager
def served(database: Database, folder: Path, **settings: Any) -> Iterator[httpx.Client]:
    """A client of an API on a database."""
    with serving(database.url.render_as_string(hide_password=False), folder, **settings) as client:
        yield client


def columns(api: httpx.Client, job_id: str, metric: str, kind: str = "traces", max_points: int = 5000) -> Any:
    """The series as `GET /v1/jobs/{id}/traces` has it: steps, layers, [steps, layers] values and counts."""
    told = json_of(api.get(f"/v1/jobs/{job_id}/{kind}", params={"metric": metric, "max_points": max_points}))
    values = np.array(told["values"], np.float64).astype(np.float32).T
    return told["steps"], told["layers"], values, np.array(told["nonfinite"]).T


@cache
def exported(api: httpx.Client, job_id: str, chosen: str, **query: str | int) -> httpx.Response:
    """As `export`, of a job that has ended: once for all tests."""
    return export(api, job_id, chosen, **query)


def export(api: httpx.Client, job_id: str, chosen: str, **query: str | int) -> httpx.Response:
    """The answer with a file."""
    response = api.get(f"/v1/jobs/{job_id}/export", params={"format": chosen, **query})
    assert response.status_code == 200, response.text
    return response


def rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True))
