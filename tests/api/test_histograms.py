"""Histograms over HTTP: which step is shown, what the rows say, and what is answered where there are none."""

from typing import Any

import httpx
import numpy as np
import pytest

from service.api.views.histograms import HistogramView
from service.jobs.reaper import reap
from service.store import traces
from service.store.database import Database
from service.trace.histogram import HistogramChunk
from tests.api.serving import json_of, post, problem_of
from tests.api.stories import RECORDED, START, claimed, experiment, finished, flushed, gradients, queued
from tests.jobs.samples import expire
from tests.worker.slow_histogram import counted

STEPS = (0, 6, 12, 18)
UNKNOWN = "/v1/jobs/job_00000000000000000000000000"


def entries(step: int, layer: int) -> np.ndarray[Any, Any]:
    """A hundred and a few numbers around 10⁻⁷, some of each odd kind."""
    drawn = np.random.default_rng([step, layer]).normal(size=100) * 1e-7
    return np.concatenate([drawn, [0.0] * (step + 1), [np.nan, np.inf, 0.5, 0.75, 2.0**-25]]).astype(np.float32)


def chunk(*steps: int) -> HistogramChunk:
    counts = np.array([[counted(entries(step, layer)) for layer in range(2)] for step in steps], np.int32)
    stamps = np.array(steps, np.int64)
    return HistogramChunk(RECORDED, stamps, np.asarray(START + stamps, np.float64), counts)


def answer(api: httpx.Client, job_id: str, **query: object) -> dict[str, Any]:
    told: dict[str, Any] = json_of(api.get(f"/v1/jobs/{job_id}/histograms", params=query))  # type: ignore[arg-type]
    HistogramView.model_validate(told)
    return told


@pytest.fixture
def job_id(api: httpx.Client, database: Database) -> str:
    """A job in training, with histograms of four steps in three chunks, beside a series."""
    held = claimed(database, queued(database))
    flushed(database, held, 7, [gradients(0, 7), chunk(0, 6)])
    flushed(database, held, 13, [chunk(12)])
    flushed(database, held, 19, [chunk(18)])
    return held.job_id


def test_a_layer_at_a_step(api: httpx.Client, job_id: str) -> None:
    told = answer(api, job_id, layer="02 linear", step=6)
    values = entries(6, 1)
    finite = np.abs(values[np.isfinite(values) & (values != 0)]).astype(np.float64)
    assert {key: told[key] for key in told.keys() - {"bins"}} == {
        "layer": "02 linear",
        "step": 6,
        "attempt": 1,
        "entries": 112,
        "zeros": 7,
        "nonfinite": 2,
        "underflow_float16": int((finite.astype(np.float16) == 0).sum()),
        "steps": list(STEPS),
        "layers": list(RECORDED),
    }
    assert told["underflow_float16"] > 10
    bins = told["bins"]
    for row in bins:
        # Edges are powers of two, which six digits of a logarithm do not quite give back.
        low, high = (2.0 ** round(row[edge] / np.log10(2)) for edge in ("lo", "hi"))
        assert row["count"] == ((finite > low) & (finite <= high)).sum(), row
        assert row["hi"] - row["lo"] == pytest.approx(np.log10(2), abs=1e-6)
    assert sum(row["count"] for row in bins) + told["zeros"] + told["nonfinite"] == told["entries"]
    assert [row["hi"] for row in bins[:-1]] == [row["lo"] for row in bins[1:]]
    assert bins[0]["count"] > 0 < bins[-1]["count"]
    assert 0 in [row["count"] for row in bins]


def test_flushed_entries_are_those_of_the_bins_below_the_bound(api: httpx.Client, job_id: str) -> None:
    told = answer(api, job_id)
    below = sum(row["count"] for row in told["bins"] if row["hi"] <= -7.52574)
    assert told["underflow_float16"] == below > 0


@pytest.mark.parametrize(
    ("asked", "shown"), [("", 18), ("0", 0), ("3", 0), ("4", 6), ("12", 12), ("14", 12), ("9007199254740992", 18)]
)
def test_the_nearest_step_is_shown_and_the_last_by_default(
    api: httpx.Client, job_id: str, asked: str, shown: int
) -> None:
    told = answer(api, job_id, layer="00 linear", step=asked)
    assert (told["step"], told["zeros"]) == (shown, shown + 1)


def test_without_a_layer_all_are_added_up(api: httpx.Client, job_id: str) -> None:
    parts = [answer(api, job_id, layer=layer, step=12) for layer in RECORDED]
    for query in ({}, {"layer": ""}):
        whole = answer(api, job_id, step=12, **query)
        assert whole["layer"] is None
        for count in ("entries", "zeros", "nonfinite", "underflow_float16"):
            assert whole[count] == sum(part[count] for part in parts)
        added: dict[float, int] = {}
        for row in (row for part in parts for row in part["bins"]):
            added[row["lo"]] = added.get(row["lo"], 0) + row["count"]
        assert {row["lo"]: row["count"] for row in whole["bins"] if row["count"]} == {
            low: count for low, count in added.items() if count
        }


@pytest.mark.parametrize(
    ("query", "place", "sentence"),
    [
        ("layer=99%20linear", "layer", "does not exist; there are: 00 linear, 02 linear."),
        ("layer=01%20activation", "layer", "no parameters, and so no gradient; there are: 00 linear, 02 linear."),
        ("layer=" + "x" * 301, "layer", "at most 300 characters"),
        ("step=-1", "step", "greater than or equal to 0"),
        ("step=1.5", "step", "whole number"),
        ("step=1e400", "step", "whole number"),
        ("step=99999999999999999999", "step", "less than or equal to"),
    ],
)
def test_a_query_that_means_nothing_is_refused(shared: httpx.Client, query: str, place: str, sentence: str) -> None:
    job = post(shared, experiment(), **{"Idempotency-Key": "histograms"}).headers["location"]
    document = problem_of(shared.get(f"{job}/histograms?{query}"), 422, "invalid-request")
    assert [error["pointer"] for error in document["errors"]] == [f"/query/{place}"]
    assert sentence in document["errors"][0]["detail"]


def test_a_job_without_histograms_says_why(api: httpx.Client, database: Database) -> None:
    def detail(job_id: str) -> str:
        return str(problem_of(api.get(f"/v1/jobs/{job_id}/histograms"), 404, "not-found")["detail"])

    assert "not recorded a histogram yet" in detail(queued(database))
    assert "histogram_every is 0" in detail(queued(database, trace={"histogram_every": 0}))
    assert "ended before" in detail(finished(database))
    problem_of(api.get(f"{UNKNOWN}/histograms"), 404, "not-found")


def test_histograms_of_a_lost_attempt_are_gone_with_it(api: httpx.Client, database: Database, job_id: str) -> None:
    expire(database, job_id)
    with database.transaction() as session:
        reap(session)
    expire(database, job_id)
    held = claimed(database, job_id)
    problem_of(api.get(f"/v1/jobs/{job_id}/histograms"), 404, "not-found")
    flushed(database, held, 1, [chunk(0)])
    told = answer(api, job_id)
    assert (told["attempt"], told["steps"]) == (2, [0])


def test_histograms_are_deleted_with_their_job(api: httpx.Client, database: Database) -> None:
    job_id = finished(database)
    with database.transaction() as session:
        traces.append(session, job_id, 1, [chunk(0).encode()])
    assert answer(api, job_id)["step"] == 0
    assert api.delete(f"/v1/jobs/{job_id}").status_code == 204
    with database.reading() as session:
        assert traces.histogram_index(session, job_id) == []


def test_series_and_rules_do_not_stumble_over_histograms(api: httpx.Client, job_id: str) -> None:
    assert len(json_of(api.get(f"/v1/jobs/{job_id}/layers"))) == 3
    assert json_of(api.get(f"/v1/jobs/{job_id}/traces?metric=grad_norm"))["steps"] == list(range(7))
    json_of(api.get(f"/v1/jobs/{job_id}/findings?profile=deepdiagnosis"))
    links = json_of(api.get(f"/v1/jobs/{job_id}"))["links"]
    assert json_of(api.get(links["histograms"]))["step"] == 18
