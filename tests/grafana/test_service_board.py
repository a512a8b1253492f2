"""The dashboard of the service's health, asked of a real Prometheus that scrapes a real service."""

import re
from collections.abc import Iterator

import pytest

from tests.grafana.boards import NAMES, expressions
from tests.metrics.prometheus import HOW_TO_GET_IT, Prometheus, installed, scraping

if not installed():
    pytest.skip(HOW_TO_GET_IT, allow_module_level=True)

EXPRESSIONS = sorted({expression for name in NAMES for expression in expressions(name)})
_METRIC = re.compile(r"\b(?:gradclinic_\w+|process_\w+|up)\b")


@pytest.fixture(scope="module")
def prometheus(
    service_url: str, jobs: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    with scraping(service_url, tmp_path_factory.mktemp("prometheus")) as server:
        server.until("gradclinic_jobs_finished_total")
        # A rate takes two samples.
        server.until("rate(gradclinic_http_requests_total[30s])")
        yield server


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_expression_has_an_answer_made_of_metrics_that_exist(prometheus: Prometheus, expression: str) -> None:
    names = set(_METRIC.findall(expression))
    assert names
    for name in names:
        assert prometheus.query(f"count({name})"), f"there is no metric {name}"
    asked = expression.replace("$__rate_interval", "30s").replace("$__range", "30s")
    assert prometheus.query(asked)


def test_what_is_shown_of_the_service_is_so(prometheus: Prometheus, jobs: dict[str, str]) -> None:
    assert prometheus.value('min(up{job="gradclinic"})') == 1
    assert prometheus.value("max(gradclinic_workers_alive)") == 1
    assert prometheus.value("time() - max(gradclinic_worker_last_heartbeat_timestamp_seconds)") < 60
    assert prometheus.value('gradclinic_jobs_finished_total{state="succeeded"}') >= len(jobs)
    assert prometheus.value("gradclinic_training_steps_total") >= 600
    assert prometheus.value('gradclinic_verdicts_total{verdict="vanishing_gradient"}') >= 1
