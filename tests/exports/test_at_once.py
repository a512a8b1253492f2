"""Exports beside everything else that the API does, and exports that come to no good end."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from sqlalchemy import delete

from service.exports import process
from service.exports.order import Order
from service.exports.recording import Changed, Recording
from service.store.database import Database
from service.store.tables import TraceChunk
from tests.api.serving import json_of, problem_of
from tests.databases import SQLiteFiles
from tests.embedded import until
from tests.exports.big import STEPS, big
from tests.exports.recorded import diverged, served
from tests.loops import run

CHILD_BYTES = 256 << 20
"""What the process may hold that writes a file, of whatever length: it holds a few chunks of a trace at a time."""


@pytest.fixture
def database(sqlite_files: SQLiteFiles) -> Iterator[Database]:
    opened = Database(sqlite_files.fresh())
    yield opened
    opened.dispose()


@pytest.fixture
def api(database: Database, tmp_path: Path) -> Iterator[httpx.Client]:
    with served(database, tmp_path) as client:
        yield client


def writers() -> list[psutil.Process]:
    """The processes that write an export just now."""
    return [child for child in psutil.Process().children(recursive=True) if "service.exports.write" in _line(child)]


@contextmanager
def unread(api: httpx.Client, job: str) -> Iterator[httpx.Response]:
    """An export of which the client has read nothing."""
    with api.stream("GET", f"/v1/jobs/{job}/export?format=csv", timeout=60) as response:
        assert response.status_code == 200
        yield response


@pytest.mark.timeout(300)
def test_others_are_answered_while_a_large_file_is_made(api: httpx.Client, database: Database) -> None:
    """640 000 numbers for TensorBoard: seconds of computing, of which no other request sees anything."""
    job = big(database)
    files: list[httpx.Response] = []
    path = f"/v1/jobs/{job}/export?format=tensorboard&max_points=0"
    exporting = threading.Thread(target=lambda: files.append(api.get(path, timeout=100)))
    exporting.start()
    answers, most = 0, 0
    while exporting.is_alive():
        json_of(api.get("/healthz"))
        json_of(api.get(f"/v1/jobs/{job}"))
        answers += 1
        for child in writers():
            most = max(most, _memory(child))
        time.sleep(0.03)  # a core is for whoever writes
    exporting.join()
    assert files[0].status_code == 200
    assert len(files[0].content) > 1_000_000
    assert answers > 20
    assert 0 < most < CHILD_BYTES


def test_a_client_that_takes_its_time_takes_no_memory_and_one_that_leaves_leaves_nothing(
    api: httpx.Client, database: Database
) -> None:
    job = big(database)
    with unread(api, job):
        [writer] = writers()
        # It waits with most of the file unwritten, for as long as nobody reads.
        until(lambda: writer.status() == psutil.STATUS_SLEEPING)
        json_of(api.get("/healthz"))
        assert _memory(writer) < CHILD_BYTES
    until(lambda: not writers())


def test_so_many_at_once_and_no_more(api: httpx.Client, database: Database) -> None:
    job = big(database)
    with ExitStack() as open_:
        for _ in range(4):
            open_.enter_context(unread(api, job))
        refused = api.get(f"/v1/jobs/{job}/export?format=csv")
        problem_of(refused, 503, "too-many-exports")
        assert refused.headers["retry-after"] == "5"
        json_of(api.get(f"/v1/jobs/{job}"))
    until(lambda: not writers())
    until(lambda: api.get(f"/v1/jobs/{job}/export?format=csv&table=layers").status_code == 200)


def test_a_file_of_a_job_that_goes_away_breaks_off(api: httpx.Client, database: Database) -> None:
    job = big(database)
    with unread(api, job) as response:
        pieces = response.iter_raw()
        next(pieces)
        _forget(database, job)
        with pytest.raises(httpx.RemoteProtocolError):
            for _ in pieces:
                pass
    json_of(api.get("/healthz"))


def test_a_recording_that_changes_is_not_mixed_up(database: Database) -> None:
    recording = Recording(database, big(database))
    [series] = recording.series()
    assert series.points == STEPS
    assert sum(row.points for row in recording.rows(series)) == STEPS
    _forget(database, recording.job.id)
    with pytest.raises(Changed):
        list(recording.rows(series))


def test_a_fault_before_the_first_piece_is_a_problem(
    api: httpx.Client, database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job = diverged(database)
    monkeypatch.setattr(process, "_COMMAND", [*process._COMMAND[:-1], "service.exports.no_such_module"])
    problem_of(api.get(f"/v1/jobs/{job}/export?format=csv"), 500, "internal-error")
    assert "no_such_module" in caplog.text
    monkeypatch.undo()
    with database.transaction() as session:
        session.connection().exec_driver_sql("ALTER TABLE trace_chunks RENAME TO lost")
    problem_of(api.get(f"/v1/jobs/{job}/export?format=csv"), 500, "internal-error")
    assert "no such table: trace_chunks" in caplog.text


def test_without_a_database_the_process_says_so(tmp_path: Path) -> None:
    async def read() -> None:
        nowhere = f"sqlite:///{tmp_path}/no/such/folder/x.sqlite3"
        async with process.exporting(nowhere, Order("job_" + "0" * 26, "csv")) as pieces:
            async for _ in pieces:
                pass

    with pytest.raises(Exception, match="The database does not answer"):
        run(read)


def _forget(database: Database, job_id: str) -> None:
    """As if the job had been started again, or deleted."""
    with database.transaction() as session:
        session.execute(delete(TraceChunk).where(TraceChunk.job_id == job_id))


def _memory(child: psutil.Process) -> int:
    try:
        return int(child.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _line(child: psutil.Process) -> str:
    try:
        return " ".join(child.cmdline())
    except psutil.Error:
        return ""
