"""Errors that no route makes by itself, and the pages that explain them."""

import re
import sqlite3
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url

import worker
from service.api.problems import explanations
from tests.api.serving import json_of, post, problem_of, serving
from tests.api.stories import experiment
from tests.databases import SQLiteFiles

JOB = f"/v1/jobs/job_{'0' * 26}"


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/", "/v1/jobs/", "/v2/jobs", "/nothing", "/v1/catalog/x", "/%00", "/v1/jobs/a/b/c"]
)
def test_what_is_not_there(shared: httpx.Client, path: str) -> None:
    for accept in ("*/*", "text/html"):
        problem_of(shared.get(path, headers={"accept": accept}), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/jobs", "GET, HEAD, OPTIONS, POST"),
        ("DELETE", "/v1/jobs", "GET, HEAD, OPTIONS, POST"),
        ("POST", JOB, "DELETE, GET, HEAD, OPTIONS"),
        ("PATCH", JOB, "DELETE, GET, HEAD, OPTIONS"),
        ("GET", f"{JOB}/cancel", "OPTIONS, POST"),
        ("POST", f"{JOB}/events", "GET, HEAD, OPTIONS"),
        ("POST", "/v1/catalog", "GET, HEAD, OPTIONS"),
        ("POST", "/healthz", "GET, HEAD, OPTIONS"),
        ("POST", "/openapi.json", "GET, HEAD, OPTIONS"),
        ("TRACE", "/v1/jobs", "GET, HEAD, OPTIONS, POST"),
        ("BREW", "/v1/jobs", "GET, HEAD, OPTIONS, POST"),
    ],
)
def test_a_method_that_is_not_taken(shared: httpx.Client, method: str, path: str, allowed: str) -> None:
    response = shared.request(method, path)
    problem_of(response, 405, "method-not-allowed")
    assert response.headers["allow"] == allowed
    options = shared.options(path)
    assert (options.status_code, options.headers["allow"], options.content) == (204, allowed, b"")


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/catalog", "/healthz", "/openapi.json", "/", "/problems/not-found"])
def test_head_is_get_without_the_body(shared: httpx.Client, path: str) -> None:
    head, get = shared.head(path), shared.get(path)
    changing = {"date", "x-request-id"}
    assert head.status_code == get.status_code
    assert {k: v for k, v in head.headers.items() if k not in changing} == {
        k: v for k, v in get.headers.items() if k not in changing
    }
    assert head.content == b""


def test_head_of_a_stream_ends(shared: httpx.Client) -> None:
    location = post(shared, experiment()).headers["location"]
    head = shared.head(f"{location}/events", timeout=3)
    assert (head.status_code, head.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")


def test_a_defect_is_a_problem_that_tells_nothing_but_where_to_look(
    sqlite_files: SQLiteFiles, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = sqlite_files.fresh()
    with serving(url, tmp_path) as api:
        with sqlite3.connect(make_url(url).database or "") as connection:
            connection.execute("ALTER TABLE jobs RENAME TO lost")
        connection.close()
        response = api.get("/v1/jobs")
        document = problem_of(response, 500, "internal-error")
        assert "jobs" not in document["detail"]
        assert "no such table: jobs" in caplog.text
        assert response.headers["x-content-type-options"] == "nosniff"
        assert json_of(api.get("/healthz")) == {"status": "ok"}


def test_without_a_database_the_service_is_unavailable_and_says_so(tmp_path: Path) -> None:
    with serving(f"sqlite:///{tmp_path}/no/such/folder/x.sqlite3", tmp_path) as api:
        for response in (api.get("/v1/jobs"), api.get(JOB), post(api, experiment()), api.post(f"{JOB}/cancel")):
            problem_of(response, 503, "store-unavailable")
            assert response.headers["retry-after"] == "5"
        ready = problem_of(api.get("/readyz"), 503, "store-unavailable")
        assert ready["checks"]["database"] == "does not answer"
        assert json_of(api.get("/healthz")) == {"status": "ok"}


def test_an_empty_database_is_not_ready(tmp_path: Path) -> None:
    with serving(f"sqlite:///{tmp_path}/empty.sqlite3", tmp_path) as api:
        checks = problem_of(api.get("/readyz"), 503, "store-unavailable")["checks"]
        assert "gradclinic db upgrade" in checks["database"]


def test_without_a_broker_jobs_are_taken_and_readiness_is_degraded(api: httpx.Client) -> None:
    json_of(post(api, experiment()), 202)
    document = json_of(api.get("/readyz"))
    assert document["status"] == "degraded"
    assert document["checks"]["database"] == "ok"
    assert "does not answer" in document["checks"]["broker"]
    assert "none heard of" in document["checks"]["workers"]


def test_with_a_broker_only_workers_are_missing(sqlite_files: SQLiteFiles, tmp_path: Path, broker_url: str) -> None:
    with serving(sqlite_files.fresh(), tmp_path, broker_url=broker_url) as api:
        assert json_of(api.get("/readyz"))["checks"]["broker"] == "ok"


@pytest.mark.parametrize("given", ["abc-123.DEF_4", "x" * 64])
def test_a_request_keeps_the_id_that_it_brings(shared: httpx.Client, given: str) -> None:
    assert shared.get("/nothing", headers={"x-request-id": given}).json()["request_id"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a;b", "<script>"])
def test_a_request_id_that_would_spoil_the_log_is_replaced(shared: httpx.Client, given: str) -> None:
    assert re.fullmatch("[0-9a-f]{16}", shared.get("/nothing", headers={"x-request-id": given}).json()["request_id"])


def test_every_problem_type_leads_to_a_page(shared: httpx.Client) -> None:
    texts = explanations()
    assert {"internal-error", "not-found", "invalid-experiment", "queue-full", "worker-lost"} <= set(texts)
    for slug, text in texts.items():
        response = shared.get(f"/problems/{slug}")
        assert (response.status_code, response.text) == (200, text)
        assert response.headers["content-type"] == "text/plain; charset=utf-8"
    problem_of(shared.get("/problems/nothing"), 404, "not-found")


def test_what_a_worker_reports_is_explained() -> None:
    source = (Path(worker.__path__[0]) / "failure.py").read_text()
    slugs = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', source))
    assert slugs
    assert slugs <= set(explanations())
