"""The tables beside the series: layers, findings, and the job itself, as rows of plain values."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from service.exports.recording import Recording
from service.trace.time_axis import time_axis

LAYERS = ("depth", "layer", "kind", "function", "parameters", "shape")
FINDINGS = (
    "rule", "severity", "cause", "layers", "first_step", "last_step", "value", "threshold", "explanation", "remedies",
)  # fmt: skip
Row = tuple[str | int | float | None, ...]


def layer_rows(recording: Recording) -> list[Row]:
    """`LAYERS` of every layer, in depth order; the shape is that of one sample of its output."""
    rows = [placed.row(depth) for depth, placed in enumerate(recording.placed)]
    return [
        (row.depth, row.layer, row.kind, row.function, row.parameters, " x ".join(map(str, row.shape))) for row in rows
    ]


def finding_rows(recording: Recording) -> list[Row]:
    """`FINDINGS` of every finding, root cause first; remedies are JSON, as an experiment takes them."""
    diagnosis = recording.job.diagnosis
    findings: list[dict[str, Any]] = orjson.loads(diagnosis)["findings"] if diagnosis else []
    return [tuple(_cell(finding.get(name), name) for name in FINDINGS) for finding in findings]


def job_json(recording: Recording) -> str:
    """The job without its findings, as JSON."""
    job = recording.job
    stored = {name: getattr(job, name) for name in ("labels", "experiment", "resolved", "result", "error")}
    verdict = orjson.loads(job.diagnosis)["verdict"] if job.diagnosis else None
    told = {
        **{name: getattr(job, name) for name in ("id", "name", "state", "attempt", "device", "step", "total_steps")},
        "verdict": verdict,
        **{name: time_text(getattr(job, name)) for name in ("created_at", "started_at", "finished_at")},
        **{name: orjson.Fragment(text) if text else None for name, text in stored.items()},
    }
    return orjson.dumps(told).decode()


def depths(recording: Recording) -> dict[str, int]:
    """What `depth` says of every column: a layer's place, or the time step where columns are time steps."""
    of_layers = {placed.name: depth for depth, placed in enumerate(recording.placed)}
    return of_layers | {column.name: column.time for column in time_axis(recording.placed)}


def time_text(seconds: float | None) -> str | None:
    """A moment of a job as ISO 8601 in UTC, to the millisecond, as the API tells it."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def time_texts(seconds: NDArray[np.float64]) -> list[str]:
    """[n] times of recorded steps in the same form, as the API tells them: rounded."""
    milliseconds = np.round(seconds * 1000).astype("datetime64[ms]")
    return [f"{text}Z" for text in np.datetime_as_string(milliseconds).tolist()]


def _cell(value: Any, name: str) -> str | int | float | None:
    if name == "layers":
        return ", ".join(value)
    if name == "remedies":
        return orjson.dumps(value).decode()
    return value  # type: ignore[no-any-return]
