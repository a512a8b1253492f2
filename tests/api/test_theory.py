"""Theory over HTTP, beside what a job's trace says of step 0."""

from typing import Any

import httpx
import numpy as np
import pytest

from service.store.database import Database
from service.theory.document import TheoryDocument
from service.trace.chunk import Chunk
from tests.api.serving import json_of, problem_of
from tests.api.stories import RECORDED, claimed, flushed, queued


def deltas(first: int, *rows: tuple[float, float]) -> Chunk:
    """The backward signal of the two linear layers, from step `first` on."""
    steps = np.arange(first, first + len(rows))
    return Chunk("layer", "delta_norm", RECORDED, steps, steps.astype(np.float64), np.array(rows, np.float32))


def answer(api: httpx.Client, job_id: str, query: str = "") -> dict[str, Any]:
    document: dict[str, Any] = json_of(api.get(f"/v1/jobs/{job_id}/theory{query}"))
    TheoryDocument.model_validate(document)
    return document


def test_theory_stands_alone_until_something_is_measured(api: httpx.Client, database: Database) -> None:
    document = answer(api, queued(database))
    assert [row["layer"] for row in document["layers"]] == list(RECORDED)
    assert [row["measured"] for row in document["layers"]] == [None, None]
    first, last = document["layers"]
    assert 0 < first["low"] < first["delta_norm_ratio"] < first["high"]
    assert first["chi"] == pytest.approx(first["delta_norm_ratio"] ** 2)
    assert (last["delta_norm_ratio"], last["chi"]) == (1, None)
    assert document["input_second_moment"] == 1


def test_what_step_0_showed_is_laid_beside_it(api: httpx.Client, database: Database) -> None:
    job_id = queued(database)
    expected = answer(api, job_id)["layers"][0]["delta_norm_ratio"]
    held = claimed(database, job_id)
    flushed(database, held, 2, [deltas(0, (4 * expected, 4.0), (1.0, 1.0))])
    flushed(database, held, 3, [deltas(2, (5.0, 1.0))])
    first, last = answer(api, job_id)["layers"]
    assert first["measured"] == pytest.approx(expected, rel=1e-6)
    assert (first["agrees"], last["measured"], last["agrees"]) == (True, 1, True)


def test_a_first_step_that_is_not_finite_measures_nothing(api: httpx.Client, database: Database) -> None:
    held = claimed(database, queued(database))
    flushed(database, held, 1, [deltas(0, (float("inf"), float("nan")))])
    assert [row["measured"] for row in answer(api, held.job_id)["layers"]] == [None, None]


def test_the_input_may_be_told(api: httpx.Client, database: Database) -> None:
    job_id = queued(database)
    assert answer(api, job_id, "?input_second_moment=")["input_second_moment"] == 1
    louder = answer(api, job_id, "?input_second_moment=4")
    assert louder["input_second_moment"] == 4
    assert louder["layers"][0]["q"] > answer(api, job_id)["layers"][0]["q"]
    problem_of(api.get(f"/v1/jobs/{job_id}/theory?input_second_moment=0"), 422, "invalid-request")


def test_no_job_no_theory(api: httpx.Client) -> None:
    problem_of(api.get("/v1/jobs/job_00000000000000000000000000/theory"), 404, "not-found")


def test_it_starts_from_the_measured_input(api: httpx.Client, database: Database) -> None:
    held = claimed(database, queued(database))
    at_start = np.zeros(1, np.int64)
    moment = Chunk(
        "curve", "input_second_moment", ("",), at_start, at_start.astype(np.float64), np.array([[62.5]], "f")
    )
    flushed(database, held, 1, [moment])
    assert answer(api, held.job_id)["input_second_moment"] == 62.5
    assert answer(api, held.job_id, "?input_second_moment=4")["input_second_moment"] == 4
