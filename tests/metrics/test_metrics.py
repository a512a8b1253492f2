"""`GET /metrics`: whom it answers, in which format, and what it never grows with."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from service.api.metrics import ServiceCollector, process_registry
from service.store.database import Database
from tests.api.serving import post, problem_of, serving
from tests.api.stories import experiment, finished, queued
from tests.databases import SQLiteFiles, outage

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def api(database_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    with serving(database_url, tmp_path) as client:
        yield client


def samples(client: httpx.Client) -> Samples:
    """Every sample of a scrape, by name and labels."""
    families = text_string_to_metric_families(client.get("/metrics").raise_for_status().text)
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def of_the_service(found: Samples) -> Samples:
    """Those that every process reads from the database."""
    return {
        key: value
        for key, value in found.items()
        if key[0].startswith("gradclinic_") and not key[0].startswith("gradclinic_http_")
    }


def test_no_label_names_a_job_a_layer_or_a_worker(api: httpx.Client, database: Database) -> None:
    job_id = finished(database)
    queued(database, name="by nobody")
    for part in ("", "/traces?metric=grad_norm", "/layers"):
        api.get(f"/v1/jobs/{job_id}{part}")
    text = api.get("/metrics").text
    for word in (job_id, "linear", "by nobody", "w1"):
        assert word not in text
    names = {label for _, labels in samples(api) for label, _ in labels}
    assert names <= {
        "state", "verdict", "version", "le", "handler", "method", "status", "generation", "implementation", "major",
        "minor", "patchlevel",
    }  # fmt: skip


def test_requests_are_counted_under_the_whole_template_of_their_route(api: httpx.Client, database: Database) -> None:
    job_id = finished(database)
    api.get(f"/v1/jobs/{job_id}")
    api.get(f"/v1/jobs/{job_id}/traces?metric=grad_norm")
    api.get(f"/v1/jobs/{job_id}/traces?metric=nope")
    api.head("/v1/jobs")
    post(api, experiment())
    found = samples(api)
    for handler, method, status in (
        ("/v1/jobs/{job_id}", "GET", "200"),
        ("/v1/jobs/{job_id}/traces", "GET", "200"),
        ("/v1/jobs/{job_id}/traces", "GET", "422"),
        ("/v1/jobs", "HEAD", "200"),
        ("/v1/jobs", "POST", "202"),
    ):
        labels = (("handler", handler), ("method", method), ("status", status))
        assert found["gradclinic_http_requests_total", labels] == 1, labels
    assert found["gradclinic_http_request_duration_seconds_count", (("handler", "/v1/jobs"), ("method", "POST"))] == 1


def test_clients_cannot_add_series(api: httpx.Client) -> None:
    def ask(salt: str) -> None:
        api.request(f"BREW{salt}", "/v1/jobs")
        for path in (f"/{salt}", f"/v1/{salt}", f"/v1/jobs/{salt}", f"/ui/{salt}", f"/problems/{salt}", "/v1/jobs?a=b"):
            api.get(f"{path}", headers={"x-api-key": salt})

    ask("first")
    samples(api)
    before = samples(api)
    for number in range(20):
        ask(f"salt{number}")
    after = samples(api)
    assert after.keys() == before.keys()
    lost = (("handler", "none"), ("method", "GET"), ("status", "404"))
    assert after["gradclinic_http_requests_total", lost] > before["gradclinic_http_requests_total", lost]


def test_every_process_and_a_restarted_one_say_the_same(
    api: httpx.Client, database: Database, database_url: str, tmp_path: Path
) -> None:
    finished(database)
    queued(database)
    here = of_the_service(samples(api))
    assert here["gradclinic_jobs_submitted_total", ()] == 2
    (tmp_path / "other").mkdir()
    with serving(database_url, tmp_path / "other") as other:
        assert of_the_service(samples(other)) == here
    with serving(database_url, tmp_path / "other") as again:
        assert of_the_service(samples(again)) == here


def test_a_deleted_job_stays_counted(api: httpx.Client, database: Database) -> None:
    job_id = finished(database)
    before = of_the_service(samples(api))
    assert api.delete(f"/v1/jobs/{job_id}").status_code == 204
    after = of_the_service(samples(api))
    kept = ("gradclinic_jobs", (("state", "succeeded"),))
    assert (before.pop(kept), after.pop(kept)) == (1, 0)
    assert after == before


def test_an_outage_of_the_database_is_a_number_and_no_fault(database: Database) -> None:
    finished(database)
    registry = process_registry()
    registry.register(ServiceCollector(database))
    submitted, up = "gradclinic_jobs_submitted_total", "gradclinic_database_up"
    assert (registry.get_sample_value(up), registry.get_sample_value(submitted)) == (1, 1)
    with outage(database):
        assert (registry.get_sample_value(up), registry.get_sample_value(submitted)) == (0, None)
        assert registry.get_sample_value("process_start_time_seconds")
    assert (registry.get_sample_value(up), registry.get_sample_value(submitted)) == (1, 1)


def test_a_database_without_this_schema_is_one_that_is_not_up(bare_database_url: str, tmp_path: Path) -> None:
    with serving(bare_database_url, tmp_path) as api:
        assert samples(api)["gradclinic_database_up", ()] == 0


def test_it_speaks_the_formats_that_prometheus_asks_for(api: httpx.Client) -> None:
    plain = api.get("/metrics")
    assert plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert plain.headers["cache-control"] == "no-store"
    assert plain.text.endswith("\n")
    asked = "application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5"
    open_metrics = api.get("/metrics", headers={"accept": asked})
    assert open_metrics.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0;")
    assert open_metrics.text.endswith("# EOF\n")
    head = api.head("/metrics")
    assert (head.status_code, head.content) == (200, b"")


def test_with_keys_prometheus_needs_one_too(sqlite_files: SQLiteFiles, tmp_path: Path) -> None:
    with serving(sqlite_files.fresh(), tmp_path, api_keys=(SecretStr("secret"),), host="0.0.0.0") as api:
        problem_of(api.get("/metrics"), 401, "unauthorized")
        for headers in ({"authorization": "Bearer secret"}, {"x-api-key": "secret"}):
            assert api.get("/metrics", headers={"host": "clinic.example", **headers}).status_code == 200


def test_without_keys_only_this_machine_is_answered(api: httpx.Client) -> None:
    problem_of(api.get("/metrics", headers={"host": "clinic.example"}), 421, "misdirected-request")
