"""Who may ask what: keys, the rate limit, and what protects a service without keys."""

from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from service.api.app import create_app
from service.api.loopback import is_loopback_name
from service.errors import InsecureBinding
from service.settings import Settings
from tests.api.serving import json_of, post, problem_of, serving
from tests.api.stories import experiment
from tests.databases import SQLiteFiles

KEYS = (SecretStr("first-secret"), SecretStr("second-sécret"))


@pytest.fixture
def empty(sqlite_files: SQLiteFiles) -> str:
    """The URL of an empty database."""
    return sqlite_files.fresh()


@pytest.mark.parametrize("path", ["", "/job_1", "?limit=x", "/job_1/events", "/job_1/traces"])
def test_without_a_key_nothing_under_v1_is_answered(empty: str, tmp_path: Path, path: str) -> None:
    with serving(empty, tmp_path, api_keys=KEYS) as api:
        for headers in (
            {},
            {"authorization": "Bearer wrong"},
            {"authorization": "Basic Zmlyc3Qtc2VjcmV0"},
            {"authorization": "Bearer"},
            {"authorization": "first-secret"},
            {"x-api-key": ""},
            {"x-api-key": "first-secret "[:-2]},
        ):
            response = api.get(f"/v1/jobs{path}", headers=headers)
            problem_of(response, 401, "unauthorized")
            assert response.headers["www-authenticate"].startswith("Bearer ")
        problem_of(api.get("/v1/catalog"), 401, "unauthorized")
        problem_of(post(api, {"not": "an experiment"}), 401, "unauthorized")


def test_every_key_is_accepted_in_either_header(empty: str, tmp_path: Path) -> None:
    with serving(empty, tmp_path, api_keys=KEYS) as api:
        made = post(api, experiment(), Authorization="Bearer first-secret")
        job = json_of(made, 202)
        for headers in (
            {"authorization": "bearer first-secret"},
            {"x-api-key": "first-secret"},
            {"x-api-key": "second-sécret".encode()},
        ):
            assert json_of(api.get(made.headers["location"], headers=headers))["id"] == job["id"]  # type: ignore[arg-type]
        assert b"secret" not in made.content


def test_an_idempotency_key_belongs_to_an_api_key(empty: str, tmp_path: Path) -> None:
    with serving(empty, tmp_path, api_keys=(SecretStr("a"), SecretStr("b"))) as api:
        ids = {
            json_of(post(api, experiment(), **{"X-API-Key": key, "Idempotency-Key": "k"}), 202)["id"] for key in "aab"
        }
        assert len(ids) == 2


def test_the_description_asks_for_a_key_where_one_is_needed(empty: str, tmp_path: Path) -> None:
    with serving(empty, tmp_path, api_keys=KEYS) as api:
        calls = json_of(api.get("/openapi.json"))["paths"]
    assert calls["/v1/jobs"]["get"]["security"] == [{"HTTPBearer": []}, {"APIKeyHeader": []}]
    assert "security" not in calls["/healthz"]["get"]


def test_with_keys_any_host_may_be_asked_and_pages_are_open(empty: str, tmp_path: Path) -> None:
    with serving(empty, tmp_path, api_keys=KEYS, host="0.0.0.0") as api:
        for path in ("/healthz", "/readyz", "/openapi.json", "/problems/not-found"):
            assert api.get(path, headers={"host": "clinic.example.org"}).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "clinic.example.org"])
def test_without_keys_only_loopback_is_bound(tmp_path: Path, host: str) -> None:
    with pytest.raises(InsecureBinding):
        create_app(Settings(data_dir=tmp_path, host=host))


@pytest.mark.parametrize(
    ("host", "status"),
    {
        "127.0.0.1": 200, "127.0.0.1:8000": 200, "localhost": 200, "LOCALHOST:1": 200, "localhost.": 200,
        "[::1]:8000": 200, "clinic.localhost": 200, "127.8.9.10": 200, "evil.example": 421,
        "localhost.evil.example": 421,
        "127.0.0.1.evil.example": 421, "192.168.0.1": 421, "[fe80::1]": 421, "localhost:80:80": 421, "@localhost": 421,
        "[::1": 421,
    }.items(),
)  # fmt: skip
def test_without_keys_only_loopback_names_are_answered(shared: httpx.Client, host: str, status: int) -> None:
    for path in ("/healthz", "/v1/jobs", "/ui/", "/nothing"):
        response = shared.get(path, headers={"host": host})
        if status == 421:
            problem_of(response, 421, "misdirected-request")
        else:
            assert response.status_code == (404 if path == "/nothing" else 200)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example", "http://[", "x"])
def test_without_keys_pages_of_other_sites_command_nothing(shared: httpx.Client, origin: str) -> None:
    cancel = f"/v1/jobs/job_{'0' * 26}/cancel"
    problem_of(shared.post(cancel, headers={"origin": origin}), 403, "foreign-origin")
    assert shared.get("/v1/jobs", headers={"origin": origin}).headers.get("access-control-allow-origin") is None
    problem_of(shared.post(cancel, headers={"origin": "http://127.0.0.1:5173"}), 404, "not-found")


def test_names_that_only_mean_this_machine() -> None:
    assert is_loopback_name("::1")
    assert not is_loopback_name("")


def test_whoever_asks_too_often_is_told_when_to_ask_again(empty: str, tmp_path: Path) -> None:
    with serving(empty, tmp_path, rate_limit="5/minute") as api:
        for _ in range(5):
            json_of(api.get("/v1/jobs"))
        for response in (api.get("/v1/jobs"), post(api, experiment()), api.get("/v1/catalog")):
            problem_of(response, 429, "rate-limited")
            assert 1 <= int(response.headers["retry-after"]) <= 60
        assert api.get("/healthz").status_code == 200


def test_each_key_has_its_own_rate_and_wrong_keys_are_counted_too(empty: str, tmp_path: Path) -> None:
    with serving(empty, tmp_path, rate_limit="3/minute", api_keys=(SecretStr("a"), SecretStr("b"))) as api:
        expected = {"a": [200] * 3 + [429], "b": [200] * 3 + [429], "wrong": [401] * 3 + [429], "also wrong": [429]}
        for key, statuses in expected.items():
            assert [api.get("/v1/jobs", headers={"x-api-key": key}).status_code for _ in statuses] == statuses


def test_a_full_queue_is_another_thing_than_a_hurry(empty: str, tmp_path: Path) -> None:
    with serving(empty, tmp_path, max_queued_jobs=2) as api:
        for key in "aabb":
            json_of(post(api, experiment(), **{"Idempotency-Key": key}), 202)
        refused = post(api, experiment())
        problem_of(refused, 429, "queue-full")
        assert int(refused.headers["retry-after"]) >= 1
