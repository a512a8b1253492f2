"""The parts of the supervisor, each alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from service.errors import AddressInUse, AlreadyRunning
from service.supervisor import valkey
from service.supervisor.child import Child
from service.supervisor.interrupts import Interrupts
from service.supervisor.listener import listen, url
from service.supervisor.lock import exclusive
from service.supervisor.watchdog import Watchdog
from tests.embedded import until


def test_a_lock_is_held_by_one_and_removed_at_the_end(tmp_path: Path) -> None:
    with exclusive(tmp_path):
        with pytest.raises(AlreadyRunning, match=f"Process {os.getpid()} already runs"), exclusive(tmp_path):
            pass
        assert (tmp_path / "lock").exists()
    assert list(tmp_path.iterdir()) == []


def test_a_lock_left_by_a_killed_process_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("12345\n")
    with exclusive(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_port_is_taken_once() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        assert url(first) == f"http://127.0.0.1:{port}"
        with pytest.raises(AddressInUse, match=f"port {port}"):
            listen("127.0.0.1", port)


def test_a_socket_lies_in_the_run_folder_where_its_path_is_short_enough(tmp_path: Path) -> None:
    with valkey.socket_path(Path("/tmp/short")) as path:
        assert path == Path("/tmp/short/valkey.sock")
    with valkey.socket_path(tmp_path / ("x" * 120)) as path:
        assert path.parent.stat().st_mode & 0o777 == 0o700
    assert not path.parent.exists()


def test_a_child_that_ends_is_started_again_ever_later() -> None:
    child = Child("false", [sys.executable, "-c", "raise SystemExit(3)"], environment=os.environ)
    begun = time.monotonic()

    def failed_three_times() -> bool:
        child.attend()
        return child.failures >= 3

    until(failed_three_times)
    assert time.monotonic() - begun >= 0.1 + 0.2


def test_a_child_leads_a_session_of_its_own() -> None:
    child = Child("sleep", ["sleep", "60"], environment=os.environ)
    child.attend()
    assert child.pid is not None
    assert os.getsid(child.pid) == child.pid
    child.stop()
    until(child.ended)


def test_a_killed_child_takes_its_own_children_along() -> None:
    child = Child("sh", ["sh", "-c", "sleep 61 & wait"], environment=os.environ)
    child.attend()
    assert child.pid is not None
    group = child.pid
    until(lambda: len(_group(group)) == 2)
    child.kill()
    until(lambda: not _group(group))


def test_a_child_dies_with_its_parent() -> None:
    program = (
        "import subprocess, time; from service.supervisor.kinship import dies_with_us;"
        "print(subprocess.Popen(['sleep', '62'], preexec_fn=dies_with_us()).pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        grandchild = int(parent.stdout.readline())
        parent.kill()
    until(lambda: not _runs(grandchild))


def test_a_worker_that_falls_silent_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.supervisor.watchdog._LEAST_SECONDS", 0.2)
    worker = Child("worker 1", ["sleep", "63"], environment=os.environ)
    worker.attend()
    (tmp_path / "run").mkdir()
    alive = tmp_path / "run" / f"{worker.pid}-0000@{os.uname().nodename}.alive"
    watchdog = Watchdog(tmp_path, lease_seconds=0.1)
    for _ in range(5):
        alive.touch()
        watchdog.look(worker)
        assert not worker.ended()

    def noticed() -> bool:
        watchdog.look(worker)
        return worker.ended()

    until(noticed)
    assert not alive.exists()


def test_the_second_of_two_signals_insists_and_an_echo_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with Interrupts() as interrupts:
        interrupts.wait(0)
        assert not interrupts.stop
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        interrupts.wait(10)
        assert interrupts.stop
        assert not interrupts.force
        monkeypatch.setattr("service.supervisor.interrupts._SAME_SECONDS", 0.0)
        os.kill(os.getpid(), signal.SIGINT)
        interrupts.wait(10)
        assert interrupts.force


def _group(leader: int) -> list[int]:
    """The living processes of a process group; what nobody has buried yet does not count."""
    living = []
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        try:
            member = os.getpgid(pid) == leader
        except ProcessLookupError:
            continue
        if member and _runs(pid):
            living.append(pid)
    return living


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
