"""What is asked for and how it is answered."""

from pathlib import Path

import httpx
import pytest

from service.store.database import Database
from tests.api.serving import json_of, problem_of, serving
from tests.api.stories import queued
from tests.databases import SQLiteFiles
from tests.exports.recorded import NAME, RECURRENT, export

NOTHING = "job_" + "0" * 26


@pytest.mark.parametrize(
    ("query", "media_type", "name"),
    [
        ("format=csv", "text/csv; charset=utf-8; header=present", "exploding-nique-net-{job}.csv"),
        ("format=csv&table=", "text/csv; charset=utf-8; header=present", "exploding-nique-net-{job}.csv"),
        ("format=csv&table=layers", "text/csv; charset=utf-8; header=present", "exploding-nique-net-{job}-layers.csv"),
        ("format=npz&max_points=", "application/octet-stream", "exploding-nique-net-{job}.npz"),
        ("format=tensorboard", "application/octet-stream", "exploding-nique-net-{job}.tfevents"),
    ],
)
def test_a_file_has_a_name_and_a_type(api: httpx.Client, job: str, query: str, media_type: str, name: str) -> None:
    response = api.get(f"/v1/jobs/{job}/export?{query}")
    assert response.status_code == 200
    assert response.headers["content-type"] == media_type
    assert response.headers["content-disposition"] == f'attachment; filename="{name.format(job=job)}"'
    head = api.head(f"/v1/jobs/{job}/export?{query}")
    assert head.status_code == 200
    assert head.headers["content-disposition"] == response.headers["content-disposition"]
    assert head.content == b""


def test_a_job_without_a_name_has_a_file_with_one(api: httpx.Client, database: Database) -> None:
    for name in ("", "勾配"):
        waiting = queued(database, **RECURRENT | {"name": name})
        response = export(api, waiting, "csv")
        assert response.headers["content-disposition"] == f'attachment; filename="{waiting}.csv"'


def test_an_ended_job_is_the_same_file_every_time(api: httpx.Client, job: str) -> None:
    for chosen in ("csv", "npz", "tensorboard"):
        assert export(api, job, chosen).content == export(api, job, chosen).content


def test_a_job_links_to_its_export(api: httpx.Client, job: str) -> None:
    told = json_of(api.get(f"/v1/jobs/{job}"))
    assert told["links"]["export"] == f"/v1/jobs/{job}/export"
    assert told["name"] == NAME
    assert "/v1/jobs/{job_id}/export" in json_of(api.get("/openapi.json"))["paths"]


@pytest.mark.parametrize(
    ("query", "place", "sentence"),
    [
        ("", "format", "`format` is required"),
        ("format=", "format", "'csv', 'npz' or 'tensorboard'"),
        ("format=xlsx", "format", "'csv', 'npz' or 'tensorboard'"),
        ("format=csv&max_points=-1", "max_points", "greater than or equal to 0"),
        ("format=csv&max_points=5001", "max_points", "less than or equal to 5000"),
        ("format=csv&max_points=1.5", "max_points", "whole number"),
        ("format=csv&table=metrics", "table", "'trace', 'layers', 'findings' or 'histograms'"),
        ("format=npz&table=layers", "table", "npz holds every table"),
    ],
)
def test_a_query_that_means_nothing_is_refused(
    api: httpx.Client, job: str, query: str, place: str, sentence: str
) -> None:
    document = problem_of(api.get(f"/v1/jobs/{job}/export?{query}"), 422, "invalid-request")
    assert [error["pointer"] for error in document["errors"]] == [f"/query/{place}"]
    assert sentence in document["errors"][0]["detail"]


def test_a_job_that_is_not_there(api: httpx.Client) -> None:
    problem_of(api.get(f"/v1/jobs/{NOTHING}/export?format=csv"), 404, "not-found")
    problem_of(api.get("/v1/jobs/job_1/export?format=csv"), 404, "not-found")


def test_a_file_is_for_those_with_a_key(sqlite_files: SQLiteFiles, tmp_path: Path) -> None:
    with serving(sqlite_files.fresh(), tmp_path, api_keys="secret") as api:
        problem_of(api.get(f"/v1/jobs/{NOTHING}/export?format=csv"), 401, "unauthorized")
