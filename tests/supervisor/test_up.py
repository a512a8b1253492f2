"""`gradclinic up` from outside: it starts everything, alone, and leaves nothing behind."""

import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.embedded import Embedded, alive, belonging, command, embedded, environment, until


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A service that several tests look at."""
    with embedded(tmp_path_factory.mktemp("up") / "data") as running:
        yield running


@pytest.fixture
def service(tmp_path: Path) -> Embedded:
    """A service that the test ends."""
    started = Embedded(tmp_path / "data", {})
    started.wait_until_ready()
    return started


def test_ctrl_c_leaves_nothing_behind(service: Embedded) -> None:
    assert {"lock", "run"} <= {path.name for path in service.data_dir.iterdir()}
    family = _family(service)
    assert len(family) >= 5
    assert service.stop() == 0
    assert [process for process in family if alive(process)] == []
    assert belonging(service.data_dir) == []
    assert {"lock", "run"}.isdisjoint(path.name for path in service.data_dir.iterdir())
    with socket.socket() as client:
        host, port = service.url.removeprefix("http://").split(":")
        assert client.connect_ex((host, int(port))) != 0


def test_a_killed_supervisor_leaves_no_process(service: Embedded) -> None:
    family = _family(service)
    service.process.kill()
    service.process.wait()
    until(lambda: not any(map(alive, family)), seconds=20)
    assert belonging(service.data_dir) == []


def test_only_one_service_runs_on_a_data_directory(shared: Embedded) -> None:
    told = _refused(shared.data_dir, {})
    assert f"Process {shared.process.pid} already runs Gradient Clinic" in told
    assert "stop it, or choose another GRADCLINIC_DATA_DIR" in told
    assert httpx.get(f"{shared.url}/healthz").status_code == 200


def test_a_taken_port_is_refused_before_anything_starts(shared: Embedded, tmp_path: Path) -> None:
    port = shared.url.rpartition(":")[2]
    told = _refused(tmp_path / "other", {"GRADCLINIC_PORT": port})
    assert f"Another program already listens on 127.0.0.1 port {port}" in told
    assert list((tmp_path / "other").iterdir()) == []


def test_it_never_listens_beyond_loopback_without_keys(tmp_path: Path) -> None:
    assert "GRADCLINIC_API_KEYS must be set" in _refused(tmp_path / "data", {"GRADCLINIC_HOST": "0.0.0.0"})


def test_neither_the_api_nor_the_parent_of_a_worker_loads_torch(shared: Embedded) -> None:
    until(lambda: _maps_torch(shared.trainer()), told=shared.output)
    for process in (shared.worker(), shared.part("service.cli api"), psutil.Process(shared.process.pid)):
        assert not _maps_torch(process), process


def test_a_killed_worker_leaves_no_training_process(shared: Embedded) -> None:
    trainer = shared.trainer()
    shared.worker().kill()
    until(lambda: not alive(trainer), seconds=20)


def test_a_path_too_long_for_a_socket_is_no_obstacle(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30) / "with a space % and a sign"
    folder.mkdir(parents=True)
    with embedded(folder / "data") as service, service.client() as client:
        assert client.get("/readyz").json()["checks"]["broker"] == "ok"


def test_what_cannot_start_ends_with_a_sentence(tmp_path: Path) -> None:
    told = _refused(tmp_path / "data", {"GRADCLINIC_BROKER_URL": "redis://127.0.0.1:1/0", "GRADCLINIC_RATE_LIMIT": "x"})
    assert "The api does not start" in told
    assert belonging(tmp_path / "data") == []


def test_a_second_signal_ends_at_once_what_does_not_listen(service: Embedded) -> None:
    family = _family(service)
    service.worker().suspend()
    service.process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        service.process.wait(1.5)
    service.process.send_signal(signal.SIGINT)
    service.process.wait(5)
    assert not any(map(alive, family))


def _family(service: Embedded) -> list[psutil.Process]:
    service.trainer()
    supervisor = psutil.Process(service.process.pid)
    return [*supervisor.children(recursive=True), supervisor]


def _refused(data_dir: Path, settings: dict[str, str]) -> str:
    ended = subprocess.run(
        command("up"), env=environment(data_dir, settings), capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr.splitlines()[-1]
    return ended.stderr


def _maps_torch(process: psutil.Process) -> bool:
    return any("libtorch" in region.path for region in process.memory_maps())
