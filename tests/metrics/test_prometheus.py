"""A real Prometheus reads what the service says of itself."""

from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from service.store.database import Database
from tests.api.serving import serving
from tests.api.stories import finished, queued
from tests.databases import SQLiteFiles
from tests.metrics.prometheus import HOW_TO_GET_IT, installed, promtool, scraping

if not installed():
    pytest.skip(HOW_TO_GET_IT, allow_module_level=True)


def test_promtool_has_nothing_to_say_of_the_metrics(sqlite_files: SQLiteFiles, tmp_path: Path) -> None:
    url = sqlite_files.fresh()
    finished(Database(url))
    with serving(url, tmp_path) as api:
        api.get("/v1/jobs"), api.get("/nothing")
        text = api.get("/metrics").text
    assert promtool("check", "metrics", text=text) == ""
    assert "counter" in promtool("check", "metrics", text="# HELP bad x\n# TYPE bad counter\nbad 1\n")


def test_it_scrapes_with_a_key_and_sees_the_jobs(sqlite_files: SQLiteFiles, tmp_path: Path) -> None:
    url = sqlite_files.fresh()
    database = Database(url)
    finished(database), queued(database)
    with (
        serving(url, tmp_path, api_keys=(SecretStr("secret"),)) as api,
        scraping(str(api.base_url), tmp_path, "secret") as prometheus,
    ):
        prometheus.until('up{job="gradclinic"} == 1')
        prometheus.until("gradclinic_build_info")
        assert prometheus.value("gradclinic_jobs_submitted_total") == 2
        assert prometheus.value('gradclinic_jobs_finished_total{state="succeeded"}') == 1
        assert prometheus.value('gradclinic_jobs{state="queued"}') == prometheus.value("gradclinic_queue_depth") == 1
        assert prometheus.value('gradclinic_verdicts_total{verdict="exploding_gradient"}') == 1
        assert prometheus.value("gradclinic_training_steps_total") == 300
        assert prometheus.value("gradclinic_job_run_seconds_count") == 1
        assert prometheus.value("histogram_quantile(0.5, gradclinic_job_run_seconds_bucket)") <= 0.25
        assert prometheus.value("gradclinic_workers_alive") == 0
        # Its older releases keep what OpenMetrics says of a counter under the name without `_total`.
        kinds = {name.removesuffix("_total"): told[0]["type"] for name, told in prometheus.metadata().items()}
        assert kinds["gradclinic_jobs_submitted"] == kinds["gradclinic_http_requests"] == "counter"
        assert kinds["gradclinic_job_queue_seconds"] == "histogram"
        prometheus.until('gradclinic_http_requests_total{handler="/metrics",status="200"} > 1')
        finished(database)
        prometheus.until("gradclinic_jobs_submitted_total == 3")


def test_without_the_key_it_sees_nothing(sqlite_files: SQLiteFiles, tmp_path: Path) -> None:
    with (
        serving(sqlite_files.fresh(), tmp_path, api_keys=(SecretStr("secret"),)) as api,
        scraping(str(api.base_url), tmp_path, "another") as prometheus,
    ):
        prometheus.until("up", lambda _: "401" in prometheus.targets()[0]["lastError"])
        assert prometheus.value('up{job="gradclinic"}') == 0
        assert httpx.get(f"{api.base_url}/healthz").status_code == 200
