"""Other tools' rules over HTTP, computed from the stored trace."""

import httpx
import numpy as np

from service.diagnosis.profiles import PROFILES
from service.store.database import Database
from service.trace.chunk import Chunk
from tests.api.serving import json_of, problem_of
from tests.api.stories import RECORDED, claimed, finished, flushed, gradients, losses, queued


def test_a_profile_is_asked_about_the_whole_trace(api: httpx.Client, database: Database) -> None:
    held = claimed(database, queued(database))
    for first in (0, 64):
        flushed(database, held, first + 64, [gradients(first, 64), *_weights(first, 64), losses(first, 64)])
    rows = {row["rule"]: row for row in json_of(api.get(_path(held.job_id, "sagemaker_debugger")))}
    assert rows["ExplodingTensor"]["first_step"] == 5
    assert rows["AllZero"]["layers"] == list(RECORDED)
    row = rows["ExplodingTensor"]
    assert row["title"] == "ExplodingTensor"
    assert row["time"] == row["timeEnd"] is not None
    assert row["remedies"] == []


def _weights(first: int, points: int) -> list[Chunk]:
    steps = np.arange(first, first + points)
    values = np.full((points, 2), 0.5, np.float32)
    names = ("weight_norm", "update_ratio")
    return [Chunk("layer", name, RECORDED, steps, steps.astype(np.float64), values) for name in names]


def test_ours_are_those_that_the_job_was_given(api: httpx.Client, database: Database) -> None:
    job_id = finished(database)
    plain = json_of(api.get(f"/v1/jobs/{job_id}/findings"))
    assert [row["rule"] for row in plain] == ["exploding_gradient"]
    for query in ("?profile=gradient_clinic", "?profile="):
        assert json_of(api.get(f"/v1/jobs/{job_id}/findings{query}")) == plain


def test_of_a_job_that_has_not_begun_nothing_is_said(api: httpx.Client, database: Database) -> None:
    job_id = queued(database)
    assert [json_of(api.get(_path(job_id, name))) for name in PROFILES] == [[], [], []]


def test_another_tool_is_unknown(api: httpx.Client, database: Database) -> None:
    problem_of(api.get(_path(finished(database), "tensorboard")), 422, "invalid-request")
    problem_of(api.get(_path("job_00000000000000000000000000", "autotrainer")), 404, "not-found")


def test_the_catalogue_lists_them_with_their_rules_and_thresholds(api: httpx.Client) -> None:
    entries = {entry["name"]: entry for entry in json_of(api.get("/v1/catalog"))["profiles"]}
    assert set(entries) == set(PROFILES)
    rules = {rule["name"]: rule for rule in entries["sagemaker_debugger"]["rules"]}
    assert rules["VanishingGradient"]["thresholds"]["threshold"]["default"] == 1e-7
    assert rules["VanishingGradient"]["ours"] == ["vanishing_gradient"]
    assert rules["VanishingGradient"]["reading"].startswith("Here: ")


def _path(job_id: str, profile: str) -> str:
    return f"/v1/jobs/{job_id}/findings?profile={profile}"
