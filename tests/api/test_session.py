"""The dashboard's login: a cookie in place of the key, and what other sites cannot do with it."""

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from service.api import session as sessions
from service.store.database import Database
from service.store.tables import Job
from tests.api.serving import json_of, post, problem_of, serving
from tests.api.stories import experiment
from tests.databases import SQLiteFiles

KEYS = (SecretStr("first-secret"), SecretStr("second-sécret"))
OURS = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def empty(sqlite_files: SQLiteFiles) -> str:
    """The URL of an empty database."""
    return sqlite_files.fresh()


@pytest.fixture
def locked(empty: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client without a key, of an API that asks for one."""
    with serving(empty, tmp_path, api_keys=KEYS) as api:
        yield api


def log_in(api: httpx.Client, key: str = "first-secret", **headers: str) -> httpx.Response:
    """What the service answers to that key. The client keeps the cookie, as a browser does."""
    return api.post("/ui/session", json={"key": key}, headers=OURS | headers)


def attributes(response: httpx.Response) -> set[str]:
    """Those of the cookie that the answer sets."""
    return {part.strip().lower() for part in response.headers["set-cookie"].split(";")[1:]}


@pytest.mark.parametrize("key", ["first-secret", "second-sécret", "  first-secret\n"])
def test_a_key_opens_a_session_that_reads_and_commands(locked: httpx.Client, key: str) -> None:
    problem_of(locked.get("/v1/jobs"), 401, "unauthorized")
    opened = json_of(log_in(locked, key))
    assert opened["needs_key"] is True
    assert opened["ends"] == pytest.approx(time.time() + sessions.SECONDS, abs=60)
    job = json_of(post(locked, experiment(), **OURS), 202)
    assert json_of(locked.get(f"/v1/jobs/{job['id']}"))["id"] == job["id"]
    assert json_of(locked.get("/ui/session")) == opened
    json_of(locked.post(f"/v1/jobs/{job['id']}/cancel", headers=OURS), 202)
    assert locked.get(f"/v1/jobs/{job['id']}/events").headers["content-type"].startswith("text/event-stream")


def test_the_cookie_is_out_of_reach_and_is_not_the_key(locked: httpx.Client) -> None:
    response = log_in(locked)
    assert attributes(response) == {"httponly", "samesite=strict", "path=/", f"max-age={sessions.SECONDS}"}
    assert response.headers["cache-control"] == "no-store"
    value = locked.cookies["gradclinic"]
    signature = base64.urlsafe_b64decode(value.rpartition(".")[2] + "=")
    assert len(signature) == 32
    assert "secret" not in value
    assert value != log_in(locked).cookies["gradclinic"]


def test_over_https_the_cookie_is_for_https_and_this_host_alone(locked: httpx.Client) -> None:
    # As a proxy on this machine says it.
    response = log_in(locked, **{"x-forwarded-proto": "https"})
    assert response.headers["set-cookie"].startswith("__Host-gradclinic=")
    assert {"secure", "httponly", "samesite=strict", "path=/"} < attributes(response)
    value = response.headers["set-cookie"].partition(";")[0]
    headers = {"cookie": value, "x-forwarded-proto": "https"}
    json_of(locked.get("/v1/jobs", headers=headers))
    problem_of(locked.get("/v1/jobs", headers={"cookie": value}), 401, "unauthorized")


def test_a_session_belongs_to_its_key(empty: str, tmp_path: Path) -> None:
    with serving(empty, tmp_path, api_keys=KEYS) as api:
        ids = {json_of(post(api, experiment(), **{"X-API-Key": "first-secret", "Idempotency-Key": "k"}), 202)["id"]}
        for key in ("first-secret", "second-sécret"):
            log_in(api, key)
            ids.add(json_of(post(api, experiment(), **OURS, **{"Idempotency-Key": "k"}), 202)["id"])
    database = Database(empty)
    with database.reading() as session:
        assert len({job.principal for job in session.query(Job)}) == len(ids) == 2
    database.dispose()


def test_every_process_with_the_key_knows_the_session_and_none_without_it(
    sqlite_files: SQLiteFiles, tmp_path: Path
) -> None:
    def status(keys: tuple[SecretStr, ...], value: str) -> int:
        with serving(sqlite_files.fresh(), tmp_path, api_keys=keys) as api:
            return api.get("/v1/jobs", headers={"cookie": f"gradclinic={value}"}).status_code

    with serving(sqlite_files.fresh(), tmp_path, api_keys=KEYS) as api:
        value = log_in(api).cookies["gradclinic"]
    assert status(KEYS, value) == 200
    assert status(KEYS[::-1], value) == 200
    assert status(KEYS[:1], value) == 200
    assert status(KEYS[1:], value) == 401


def test_a_session_ends(locked: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(locked)
    now = time.time()
    for later, status in ((sessions.SECONDS - 60, 200), (sessions.SECONDS + 60, 401)):
        monkeypatch.setattr(sessions, "time", SimpleNamespace(time=lambda later=later: now + later))
        assert locked.get("/v1/jobs").status_code == status
    assert json_of(locked.get("/ui/session")) == {"needs_key": True, "ends": None}


def test_a_session_that_was_touched_is_none(locked: httpx.Client) -> None:
    log_in(locked)
    ends, nonce, signature = locked.cookies["gradclinic"].split(".")
    forged = [
        "",
        "x",
        "first-secret",
        f"{int(ends) + 1}.{nonce}.{signature}",
        f"{ends}.{nonce[::-1]}.{signature}",
        f"{ends}.{nonce}.{signature[::-1]}",
        f"{ends}.{nonce}.",
        f"{ends}.{nonce}",
        f"{ends}.{nonce}.{signature}.",
        f"{ends}.{nonce}.{signature}x",
        f"-1.{nonce}.{signature}",
        f"{'9' * 4000}.{nonce}.{signature}",
    ]
    locked.cookies.clear()
    for value in forged:
        problem_of(locked.get("/v1/jobs", headers={"cookie": f"gradclinic={value}"}), 401, "unauthorized")


FOREIGN: list[dict[str, str]] = [
    {},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "cross-site", "origin": "OWN"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://["},
    {"origin": ""},
    {"origin": "http://127.0.0.1"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_pages_of_other_sites_command_nothing_with_the_cookie(locked: httpx.Client, headers: dict[str, str]) -> None:
    log_in(locked)
    sent = {name: str(locked.base_url).rstrip("/") if value == "OWN" else value for name, value in headers.items()}
    job = json_of(post(locked, experiment(), **OURS), 202)["id"]
    commands = [
        ("POST", "/v1/jobs", experiment()),
        ("POST", "/v1/preflight", experiment()),
        ("POST", f"/v1/jobs/{job}/cancel", None),
        ("DELETE", f"/v1/jobs/{job}", None),
        ("POST", "/ui/session", {"key": "second-sécret"}),
        ("DELETE", "/ui/session", None),
    ]
    for method, path, body in commands:
        refused = problem_of(locked.request(method, path, json=body, headers=sent), 403, "not-same-origin")
        assert "X-API-Key" in refused["detail"] or "header" in refused["detail"]
        assert "set-cookie" not in locked.request(method, path, json=body, headers=sent).headers
    # Reads change nothing, and no other site can see their answers.
    assert json_of(locked.get(f"/v1/jobs/{job}", headers=sent))["cancel_requested_at"] is None
    # A key in a header was put there on purpose.
    json_of(post(locked, experiment(), **sent, Authorization="Bearer first-secret"), 202)


def test_a_browser_without_fetch_metadata_is_known_by_its_origin(locked: httpx.Client) -> None:
    origin = {"origin": str(locked.base_url).rstrip("/")}
    json_of(locked.post("/ui/session", json={"key": "first-secret"}, headers=origin))
    json_of(post(locked, experiment(), **origin), 202)
    proxied = {"origin": "https://Clinic.example.org", "host": "clinic.example.org"}
    json_of(post(locked, experiment(), **proxied, cookie=f"gradclinic={locked.cookies['gradclinic']}"), 202)


def test_a_wrong_key_in_a_header_is_not_made_good_by_a_cookie(locked: httpx.Client) -> None:
    log_in(locked)
    for headers in ({"authorization": "Bearer wrong"}, {"x-api-key": "wrong"}):
        problem_of(locked.get("/v1/jobs", headers=headers), 401, "unauthorized")


def test_logging_out_forgets_the_session(locked: httpx.Client) -> None:
    log_in(locked)
    response = locked.delete("/ui/session", headers=OURS)
    assert json_of(response) == {"needs_key": True, "ends": None}
    assert "max-age=0" in attributes(response)
    assert not locked.cookies
    problem_of(locked.get("/v1/jobs"), 401, "unauthorized")
    json_of(locked.delete("/ui/session", headers=OURS))


def test_wrong_keys_are_counted_like_any_request_without_one(empty: str, tmp_path: Path) -> None:
    with serving(empty, tmp_path, api_keys=KEYS, rate_limit="3/minute") as api:
        for key in ("wrong", "first-secret!", ""):
            refused = log_in(api, key)
            assert refused.status_code == (401 if key else 422)
            assert "set-cookie" not in refused.headers
        problem_of(api.get("/v1/jobs"), 401, "unauthorized")
        limited = log_in(api, "wrong")
        problem_of(limited, 429, "rate-limited")
        assert 1 <= int(limited.headers["retry-after"]) <= 60
        # Whoever knows a key is not kept out by those who guess, and has a rate of their own.
        assert [log_in(api).status_code for _ in range(4)] == [200, 200, 200, 429]
        problem_of(api.get("/v1/jobs"), 429, "rate-limited")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"key": 1}', b'{"key": ""}', b'{"key": "a", "b": 1}', b'{"key": "\\ud800"}']
)
def test_what_is_no_key_is_refused_with_a_sentence(locked: httpx.Client, body: bytes) -> None:
    response = locked.post("/ui/session", content=body, headers=OURS | {"content-type": "application/json"})
    problem_of(response, response.status_code, "invalid-request" if response.status_code == 422 else "malformed-body")
    assert response.status_code in {400, 422}
    form = locked.post("/ui/session", data={"key": "first-secret"}, headers=OURS)
    problem_of(form, 415, "unsupported-media-type")


def test_a_service_without_keys_needs_no_session(empty: str, tmp_path: Path) -> None:
    with serving(empty, tmp_path) as api:
        nobody: dict[str, Any] = {"needs_key": False, "ends": None}
        assert json_of(api.get("/ui/session")) == nobody
        response = log_in(api, "anything")
        assert json_of(response) == nobody
        assert "set-cookie" not in response.headers
        json_of(post(api, experiment()), 202)
