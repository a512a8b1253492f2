"""The event stream."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import httpx

from service.jobs.cancel import cancel
from service.store.database import Database
from service.supervisor.listener import listen
from tests.api.serving import problem_of, serving
from tests.api.stories import ILL, claimed, finished, flushed, queued
from tests.databases import SQLiteFiles

Event = tuple[int, str, dict[str, object]]


@contextmanager
def _stream(api: httpx.Client, job_id: str, last: int | None = None) -> Iterator[Iterator[Event]]:
    headers = {} if last is None else {"Last-Event-ID": str(last)}
    with api.stream("GET", f"/v1/jobs/{job_id}/events", headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["cache-control"] == "no-cache"
        yield _events(response.iter_lines())


def _events(lines: Iterator[str]) -> Iterator[Event]:
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            yield int(fields["id"]), fields["event"], json.loads(fields["data"])
            fields = {}
        else:
            fields = {}


def _all(api: httpx.Client, job_id: str, last: int | None = None) -> list[Event]:
    with _stream(api, job_id, last) as events:
        return list(events)


def test_a_finished_job_is_told_from_its_beginning(api: httpx.Client, database: Database) -> None:
    events = _all(api, finished(database))
    ids = [number for number, _, _ in events]
    assert ids == sorted(set(ids))
    assert [kind for _, kind, _ in events] == ["state", "state", "progress", "finding", "state", "done"]
    told = [data for _, _, data in events]
    assert told[0] == {"state": "queued", "attempt": 0}
    assert told[1] == {"state": "running", "attempt": 1}
    assert told[2] == {"step": 300, "total_steps": 300, "steps_per_second": 50.0, "eta_seconds": 0.0}
    assert told[3]["rule"] == "exploding_gradient"
    assert told[5] == {"state": "succeeded", "verdict": "exploding_gradient"}


def test_resuming_after_any_event_gives_the_rest(api: httpx.Client, database: Database) -> None:
    job_id = finished(database)
    events = _all(api, job_id)
    for index, (number, _, _) in enumerate(events[:-1]):
        assert _all(api, job_id, number) == events[index + 1 :]
    over = api.get(f"/v1/jobs/{job_id}/events", headers={"Last-Event-ID": str(events[-1][0])})
    assert (over.status_code, over.content) == (204, b"")


def test_events_come_as_they_happen(api: httpx.Client, database: Database) -> None:
    job_id = queued(database)
    with _stream(api, job_id) as events:
        assert next(events)[1:] == ("state", {"state": "queued", "attempt": 0})
        held = claimed(database, job_id)
        assert next(events)[1:] == ("state", {"state": "running", "attempt": 1})
        for step in (10, 20):
            flushed(database, held, step, [])
            _, kind, progress = next(events)
            assert (kind, progress["step"]) == ("progress", step)
        flushed(database, held, 30, [], ILL)
        assert [next(events)[1] for _ in range(2)] == ["progress", "finding"]
        with database.transaction() as session:
            cancel(session, queued_too := queued(database))
        assert queued_too != job_id


def test_a_late_comer_hears_only_the_latest_progress(api: httpx.Client, database: Database) -> None:
    held = claimed(database, queued(database))
    for step in range(1, 41):
        flushed(database, held, step, [])
    with _stream(api, held.job_id) as events:
        assert [kind for _, kind, _ in (next(events), next(events))] == ["state", "state"]
        assert next(events)[2]["step"] == 40


def test_the_stream_of_a_deleted_job_ends(api: httpx.Client, database: Database) -> None:
    def gone() -> None:
        with httpx.Client(base_url=api.base_url) as other:
            other.post(f"/v1/jobs/{job_id}/cancel")
            other.delete(f"/v1/jobs/{job_id}")

    job_id = queued(database)
    soon = Timer(0.4, gone)
    soon.start()
    kinds = [kind for _, kind, _ in _all(api, job_id)]
    soon.join()
    assert kinds[0] == "state"


def test_who_listens_or_waits_does_not_hold_up_the_end_of_the_service(
    sqlite_files: SQLiteFiles, tmp_path: Path
) -> None:
    database = Database(url := sqlite_files.fresh())
    job_id = queued(database)
    database.dispose()
    environment = {**os.environ, "GRADCLINIC_DATABASE_URL": url, "GRADCLINIC_DATA_DIR": str(tmp_path)}
    with contextlib.closing(listen("127.0.0.1", 0)) as listener:
        descriptor = listener.fileno()
        command = [sys.executable, "-m", "service.cli", "api", "--descriptor", str(descriptor)]
        service = subprocess.Popen(command, env=environment, pass_fds=[descriptor], stderr=subprocess.PIPE, text=True)
        with (
            service,
            httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=30) as api,
            ThreadPoolExecutor(1) as pool,
            _stream(api, job_id) as events,
        ):
            next(events)
            waiter = pool.submit(api.get, f"/v1/jobs/{job_id}", headers={"prefer": "wait=30"})
            time.sleep(0.3)
            service.send_signal(signal.SIGTERM)
            assert list(events) == []
            assert waiter.result().status_code == 200
            _, log = service.communicate(timeout=10)
    assert service.returncode in {0, -signal.SIGTERM}
    assert "ERROR" not in log.upper()


def test_an_event_id_that_is_none_is_refused(shared: httpx.Client) -> None:
    problem_of(shared.get("/v1/jobs/job_" + "0" * 26 + "/events", headers={"Last-Event-ID": "1"}), 404, "not-found")
    for last in ("x", "-1", "9" * 5000):
        response = shared.get("/v1/jobs/job_" + "0" * 26 + "/events", headers={"Last-Event-ID": last})
        errors = problem_of(response, 422, "invalid-request")["errors"]
        assert [error["pointer"] for error in errors] == ["/header/Last-Event-ID"]


def test_only_so_many_streams_are_served_and_each_gives_its_place_back(database_url: str, tmp_path: Path) -> None:
    database = Database(database_url)
    job_id = queued(database)
    with serving(database_url, tmp_path, max_streams=2) as api:
        for _ in range(3):
            with _stream(api, job_id) as one, _stream(api, job_id) as two:
                assert next(one) == next(two)
                refused = api.get(f"/v1/jobs/{job_id}/events")
                problem_of(refused, 503, "too-many-streams")
                assert refused.headers["retry-after"] == "5"
            _until_free(api, job_id)
    database.dispose()


def _until_free(api: httpx.Client, job_id: str) -> None:
    """The server hears of a closed connection a moment later."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with (
            api.stream("GET", f"/v1/jobs/{job_id}/events") as one,
            api.stream("GET", f"/v1/jobs/{job_id}/events") as two,
        ):
            if one.status_code == two.status_code == 200:
                break
        time.sleep(0.05)
    else:
        raise AssertionError("a stream kept its place")
    time.sleep(0.3)
