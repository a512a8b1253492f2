"""NPZ, against the numbers that were stored and those that the API tells."""

import io
import json
from typing import Any

import httpx
import numpy as np
import pytest

from service.store.database import Database
from tests.api.serving import json_of
from tests.api.stories import START, claimed, flushed, queued
from tests.exports.recorded import (
    LAYERS,
    LENGTH,
    RECURRENT,
    STEPS,
    TIMES,
    columns,
    export,
    exported,
    histograms,
    series,
)


def arrays(response: httpx.Response) -> dict[str, np.ndarray[Any, Any]]:
    with np.load(io.BytesIO(response.content), allow_pickle=False) as file:
        return dict(file)


def test_it_holds_every_number_bit_by_bit(api: httpx.Client, job: str) -> None:
    found = arrays(exported(api, job, "npz"))
    for chunk in series(0, STEPS):
        name = f"curve.{chunk.metric}" if chunk.scope == "curve" else chunk.metric
        values = chunk.values[:, 0] if chunk.scope == "curve" else chunk.values
        assert found[name].dtype == np.float32
        assert np.array_equal(found[name], values, equal_nan=True)
        assert np.array_equal(found[f"{name}.steps"], chunk.steps)
        assert np.array_equal(found[f"{name}.time"], chunk.times)
        if chunk.scope == "layer":
            assert found[f"{name}.layers"].tolist() == list(chunk.layers)
    assert np.isinf(found["grad_norm"]).sum() == 2
    assert not any(name.endswith(".nonfinite") for name in found)


@pytest.mark.parametrize("points", [1, 7, 100])
@pytest.mark.parametrize(
    ("metric", "kind"), [("grad_norm", "traces"), ("time_delta_norm", "traces"), ("grad_norm", "curves")]
)
def test_made_smaller_it_is_what_the_api_makes_of_it(
    api: httpx.Client, job: str, metric: str, kind: str, points: int
) -> None:
    steps, _layers, values, bad = columns(api, job, metric, kind, points)
    found = arrays(exported(api, job, "npz", max_points=points))
    name = metric if kind == "traces" else f"curve.{metric}"
    assert found[f"{name}.steps"].tolist() == steps
    assert np.array_equal(found[name].reshape(values.shape), values, equal_nan=True)
    assert np.array_equal(found[f"{name}.nonfinite"].reshape(bad.shape), bad)


def test_the_time_axis_says_which_layer_and_when(api: httpx.Client, job: str) -> None:
    found = arrays(exported(api, job, "npz"))
    assert found["time_delta_norm.layers"].tolist() == list(TIMES)
    assert found["time_delta_norm.of_layer"].tolist() == [LAYERS[0]] * LENGTH
    assert found["time_delta_norm.times"].tolist() == list(range(LENGTH))


def test_tables_and_the_job_are_in_it(api: httpx.Client, job: str) -> None:
    found = arrays(exported(api, job, "npz"))
    told = json_of(api.get(f"/v1/jobs/{job}"))
    layers = json_of(api.get(f"/v1/jobs/{job}/layers"))
    for name in ("layer", "depth", "kind", "parameters"):
        assert found[f"layers.{name}"].tolist() == [row[name] for row in layers]
    assert found["layers.shape"].tolist() == ["4", "1"]
    assert found["findings.rule"].tolist() == ["exploding_gradient"]
    assert found["findings.value"].tolist() == [1e9]
    assert json.loads(found["findings.remedies"].item(0)) == told["diagnosis"]["findings"][0]["remedies"]
    document = json.loads(found["job"].item())
    for name in ("id", "name", "state", "experiment", "resolved", "result", "created_at", "finished_at"):
        assert document[name] == told[name]
    assert document["verdict"] == "exploding_gradient"


def test_histograms_are_in_it(api: httpx.Client, job: str) -> None:
    found = arrays(exported(api, job, "npz"))
    assert found["histogram.steps"].tolist() == [0, 100, 299]
    assert np.array_equal(found["histogram"], histograms(0, 100, 299).counts)
    assert found["histogram"].shape[2] == len(found["histogram.edges"]) + 1
    assert found["histogram.layers"].tolist() == list(LAYERS)


def test_a_job_that_runs_has_what_is_there(api: httpx.Client, database: Database) -> None:
    held = claimed(database, queued(database, **RECURRENT))
    waiting = arrays(export(api, held.job_id, "npz"))
    assert "grad_norm" not in waiting
    assert waiting["findings.rule"].tolist() == []
    flushed(database, held, 10, series(0, 10))
    found = arrays(export(api, held.job_id, "npz"))
    assert found["grad_norm.steps"].tolist() == list(range(10))
    assert found["grad_norm.time"][0] == START
    assert json.loads(found["job"].item())["state"] == "running"
