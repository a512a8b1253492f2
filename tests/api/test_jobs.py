"""The life of a job over HTTP."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Timer
from urllib.parse import urlencode

import httpx
import pytest

from service.api.views.jobs import JobPage, JobView
from service.experiment import Experiment
from service.jobs import finish
from service.jobs.cancel import cancel
from service.spec.run import RunSpec
from service.store.database import Database
from tests.api.serving import json_of, post, problem_of
from tests.api.stories import claimed, experiment, finished, flushed, queued

UNKNOWN = "job_" + "0" * 26
CURE = [{"kind": "activation", "function": "relu"}, {"kind": "initialization", "scheme": "he"}]


def test_a_submitted_job_is_described_in_full(api: httpx.Client) -> None:
    sent = experiment(name="a name", labels={"course": "dl101"}, remedies=CURE)
    response = post(api, sent)
    job = json_of(response, 202)
    assert response.headers["location"] == f"/v1/jobs/{job['id']}" == job["links"]["self"]
    assert response.headers["retry-after"] == "1"
    assert "idempotency-replayed" not in response.headers
    assert job["id"].startswith("job_")
    assert (job["name"], job["labels"], job["state"]) == ("a name", {"course": "dl101"}, "queued")
    assert job["attempt"] == 0
    assert job["created_at"].endswith("Z")
    nothing_yet = ("started_at", "finished_at", "cancel_requested_at", "worker", "device", "result", "error")
    assert [job[field] for field in nothing_yet] == [None] * len(nothing_yet)
    assert job["progress"] == {"step": 0, "total_steps": 300, "steps_per_second": None, "eta_seconds": None}
    assert job["diagnosis"] == {"status": "pending", "verdict": None, "findings": []}
    assert Experiment.model_validate(job["experiment"]) == Experiment.model_validate(sent)
    assert RunSpec.model_validate(job["resolved"]) == Experiment.model_validate(sent).resolved()
    assert [layer["name"] for layer in job["resolved"]["network"]["layers"]] == [
        "00 linear",
        "01 activation",
        "02 linear",
    ]
    assert job["resolved"]["network"]["layers"][1]["function"] == "relu"
    assert json_of(api.get(response.headers["location"])) == job
    for part in ("layers", "findings", "traces?metric=grad_norm", "curves?metric=loss"):
        json_of(api.get(f"/v1/jobs/{job['id']}/{part}"))


def test_an_experiment_sent_back_makes_the_same_job(api: httpx.Client) -> None:
    first = json_of(post(api, experiment(remedies=CURE)), 202)
    again = json_of(post(api, first["experiment"]), 202)
    assert again["experiment"] == first["experiment"]
    assert again["resolved"] == first["resolved"]


def test_every_state_has_the_shape_of_a_job(api: httpx.Client, database: Database) -> None:
    held = claimed(database, queued(database))
    flushed(database, held, 60, [])
    failed = claimed(database, queued(database))
    with database.transaction() as session:
        finish.fail(session, failed, {"type": "/problems/worker-error", "title": "Worker error", "status": 500})
    waiting, done, gone = queued(database), finished(database), queued(database)
    with database.transaction() as session:
        cancel(session, gone)
    views = {
        job_id: JobView.model_validate(json_of(api.get(f"/v1/jobs/{job_id}")))
        for job_id in (waiting, held.job_id, done, failed.job_id, gone)
    }
    assert [view.state for view in views.values()] == ["queued", "running", "succeeded", "failed", "cancelled"]
    running, succeeded = views[held.job_id], views[done]
    assert running.progress.model_dump() == {
        "step": 60, "total_steps": 300, "steps_per_second": 50.0, "eta_seconds": pytest.approx(4.8),
    }  # fmt: skip
    assert running.started_at
    assert (running.worker, running.device, running.attempt) == ("w1", "cpu", 1)
    assert succeeded.result
    assert (succeeded.result.loss, succeeded.result.accuracy, succeeded.result.validation_loss) == (None, 0.5, None)
    assert succeeded.diagnosis["verdict"] == "exploding_gradient"
    assert succeeded.diagnosis["findings"][0]["layers"] == ["02 linear", "00 linear"]
    assert succeeded.progress.eta_seconds is None
    error = views[failed.job_id].error
    assert error
    assert error.type == "/problems/worker-error"
    JobPage.model_validate(json_of(api.get("/v1/jobs")))


def test_what_is_not_there_is_not_found(api: httpx.Client) -> None:
    for job_id in (UNKNOWN, "nonsense", "job_%00", "job_😀", "job_" + "0" * 9000):
        for part in (
            "",
            "/layers",
            "/findings",
            "/traces?metric=grad_norm",
            "/curves?metric=loss",
            "/histograms",
            "/events",
        ):
            problem_of(api.get(f"/v1/jobs/{job_id}{part}"), 404, "not-found")
        problem_of(api.post(f"/v1/jobs/{job_id}/cancel"), 404, "not-found")
        problem_of(api.delete(f"/v1/jobs/{job_id}"), 404, "not-found")
    problem_of(api.get(f"/v1/jobs/{UNKNOWN}", headers={"prefer": "wait=5"}), 404, "not-found")


def test_a_key_and_a_body_are_one_job(api: httpx.Client) -> None:
    first = post(api, experiment(), **{"Idempotency-Key": "a"})
    again = post(
        api, experiment(data={"source": {"kind": "digits"}, "normalize": "standard"}), **{"Idempotency-Key": "a"}
    )
    other = post(api, experiment(), **{"Idempotency-Key": "b"})
    assert json_of(again, 202) == json_of(first, 202)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert json_of(other, 202)["id"] != json_of(first, 202)["id"]
    mismatch = post(api, experiment(name="another"), **{"Idempotency-Key": "a"})
    problem_of(mismatch, 422, "idempotency-mismatch")
    assert len(json_of(api.get("/v1/jobs"))["data"]) == 2


def test_a_key_sent_many_times_at_once_is_one_job(api: httpx.Client) -> None:
    with ThreadPoolExecutor(16) as pool:
        responses = list(pool.map(lambda _: post(api, experiment(), **{"Idempotency-Key": "k"}), range(32)))
    answered = [response for response in responses if response.status_code == 202]
    for response in responses:
        if response.status_code != 202:
            problem_of(response, 409, "idempotency-in-flight")
    assert len({response.json()["id"] for response in answered}) == 1
    assert sum("idempotency-replayed" not in response.headers for response in answered) == 1
    assert len(json_of(api.get("/v1/jobs"))["data"]) == 1


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_has_a_length(shared: httpx.Client, key: str) -> None:
    document = problem_of(post(shared, experiment(), **{"Idempotency-Key": key}), 422, "invalid-request")
    assert document["errors"][0]["pointer"] == "/header/Idempotency-Key"


def test_a_job_that_has_not_changed_is_not_sent_again(api: httpx.Client, database: Database) -> None:
    job_id = queued(database)
    tag = api.get(f"/v1/jobs/{job_id}").headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        unchanged = api.get(f"/v1/jobs/{job_id}", headers={"if-none-match": known})
        assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", tag)
        assert unchanged.headers["cache-control"] == "no-cache"
    held = claimed(database, job_id)
    changed = api.get(f"/v1/jobs/{job_id}", headers={"if-none-match": tag})
    assert json_of(changed)["state"] == "running"
    flushed(database, held, 10, [])
    assert api.get(f"/v1/jobs/{job_id}").headers["etag"] not in {tag, changed.headers["etag"]}


def test_waiting_ends_with_the_job(api: httpx.Client, database: Database) -> None:
    def cancelled() -> None:
        with database.transaction() as session:
            cancel(session, job_id)

    job_id = queued(database)
    started = time.monotonic()
    soon = Timer(0.3, cancelled)
    soon.start()
    response = api.get(f"/v1/jobs/{job_id}", headers={"prefer": "wait=30"})
    soon.join()
    assert json_of(response)["state"] == "cancelled"
    assert 0.3 <= time.monotonic() - started < 5
    assert response.headers["preference-applied"] == "wait=30"


def test_waiting_ends_with_the_patience(api: httpx.Client) -> None:
    started = time.monotonic()
    response = post(api, experiment(), Prefer="respond-async, wait=1")
    assert 1 <= time.monotonic() - started < 5
    assert json_of(response, 202)["state"] == "queued"
    assert response.headers["preference-applied"] == "wait=1"
    assert response.headers["retry-after"] == "1"


def test_waiting_is_bounded_and_nonsense_is_ignored(api: httpx.Client, database: Database) -> None:
    job_id = finished(database)
    applied = {"wait=100000": "wait=60", 'Wait="7"': "wait=7", "wait=0": "wait=0", "wait=-1": None, "wait": None}
    for preference, answer in applied.items():
        response = api.get(f"/v1/jobs/{job_id}", headers={"prefer": preference})
        assert json_of(response)["state"] == "succeeded"
        assert response.headers.get("preference-applied") == answer, preference


def test_those_who_wait_keep_nobody_else_waiting(api: httpx.Client, database: Database) -> None:
    job_id = queued(database)
    with ThreadPoolExecutor(60) as pool:
        waiting = [pool.submit(api.get, f"/v1/jobs/{job_id}", headers={"prefer": "wait=20"}) for _ in range(60)]
        time.sleep(1)
        started = time.monotonic()
        json_of(api.get(f"/v1/jobs/{job_id}"))
        assert time.monotonic() - started < 1.5
        json_of(api.post(f"/v1/jobs/{job_id}/cancel"), 202)
        assert {json_of(waiter.result())["state"] for waiter in waiting} == {"cancelled"}


def test_cancel_and_delete(api: httpx.Client, database: Database) -> None:
    job_id = queued(database, labels={"a": "b"})
    problem_of(api.delete(f"/v1/jobs/{job_id}"), 409, "job-active")
    job = json_of(api.post(f"/v1/jobs/{job_id}/cancel"), 202)
    assert job["state"] == "cancelled"
    assert job["cancel_requested_at"]
    problem_of(api.post(f"/v1/jobs/{job_id}/cancel"), 409, "job-ended")
    deleted = api.delete(f"/v1/jobs/{job_id}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    problem_of(api.get(f"/v1/jobs/{job_id}"), 404, "not-found")
    problem_of(api.delete(f"/v1/jobs/{job_id}"), 404, "not-found")
    running = claimed(database, queued(database)).job_id
    asked = json_of(api.post(f"/v1/jobs/{running}/cancel"), 202)
    assert (asked["state"], bool(asked["cancel_requested_at"])) == ("running", True)
    problem_of(api.delete(f"/v1/jobs/{running}"), 409, "job-active")
    done = finished(database)
    problem_of(api.post(f"/v1/jobs/{done}/cancel"), 409, "job-ended")
    assert api.delete(f"/v1/jobs/{done}").status_code == 204


def _pages(api: httpx.Client, query: str) -> list[list[str]]:
    """The ids of every page, by following `Link`, which says what `next_cursor` says."""
    pages, url = [], f"/v1/jobs?{query}"
    while url:
        response = api.get(url)
        page = json_of(response)
        pages.append([job["id"] for job in page["data"]])
        url = ""
        assert page["has_more"] == (page["next_cursor"] is not None) == ("link" in response.headers)
        if page["has_more"]:
            url = response.links["next"]["url"]
            assert httpx.URL(url).params["after"] == page["next_cursor"]
    return pages


@pytest.mark.parametrize("limit", [1, 2, 7, 200])
def test_pages_put_together_are_the_list(api: httpx.Client, database: Database, limit: int) -> None:
    made = [queued(database, labels={"parity": str(n % 2), "n": str(n)}) for n in range(7)]
    for job_id in made[:3]:
        json_of(api.post(f"/v1/jobs/{job_id}/cancel"), 202)
    newest_first = made[::-1]
    for query, expected in {
        "": newest_first,
        "state=&label=&after=": newest_first,
        "state=queued": newest_first[:4],
        "state=queued&state=cancelled": newest_first,
        "state=running": [],
        "label=parity:1": [made[5], made[3], made[1]],
        "label=parity:1&label=n:3": [made[3]],
        "label=parity:1&state=cancelled": [made[1]],
        "label=parity:2": [],
    }.items():
        pages = _pages(api, f"{query}&limit={limit}")
        assert [job_id for page in pages for job_id in page] == expected, query
        assert all(len(page) <= limit for page in pages)


def test_the_list_is_searched_by_part_of_the_name(api: httpx.Client, database: Database) -> None:
    names = ["Deep sigmoid MLP", "deep ReLU", "100% ReLU", "100 percent", "under_score", ""]
    made = {name: queued(database, name=name) for name in names}
    json_of(api.post(f"/v1/jobs/{made['deep ReLU']}/cancel"), 202)
    for part, expected in {
        "deep": ["deep ReLU", "Deep sigmoid MLP"],
        "RELU": ["100% ReLU", "deep ReLU"],
        "0%": ["100% ReLU"],
        "r_s": ["under_score"],
        "\\": [],
        "mlp!": [],
        "": names[::-1],
    }.items():
        found = [job_id for page in _pages(api, urlencode({"q": part, "limit": 1})) for job_id in page]
        assert found == sorted((made[name] for name in expected), reverse=True), part
    assert _pages(api, "q=deep&state=queued") == [[made["Deep sigmoid MLP"]]]


@pytest.mark.parametrize(
    ("query", "place"),
    {
        "limit=0": "limit",
        "limit=201": "limit",
        "limit=x": "limit",
        "limit=NaN": "limit",
        f"limit={'9' * 5000}": "limit",
        "state=done": "state/0",
        "label=a": "label/0",
        "label=:a": "label/0",
        "label=a:%00": "label/0",
        "q=%00": "q",
        f"q={'a' * 201}": "q",
        "after=job_1": "after",
        "after=%00": "after",
    }.items(),
)
def test_a_query_that_means_nothing_is_refused(shared: httpx.Client, query: str, place: str) -> None:
    document = problem_of(shared.get(f"/v1/jobs?{query}"), 422, "invalid-request")
    assert [error["pointer"] for error in document["errors"]] == [f"/query/{place}"]
