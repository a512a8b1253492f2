"""A real MLflow server."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.embedded import until
from tests.processes import server_directory
from tests.supervisor.ports import closed_port

# It imports much, in three processes one after another.
_START_SECONDS = 200.0
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}


class MLflow:
    """What a server knows, asked by the API that its own pages use."""

    def __init__(self, uri: str, client: httpx.Client) -> None:
        self.uri = uri
        self._http = client

    def run(self, run_id: str) -> dict[str, Any]:
        """A run."""
        found: dict[str, Any] = self._got("runs/get", run_id=run_id)["run"]
        return found

    def history(self, run_id: str, key: str) -> list[dict[str, Any]]:
        """Every point of a metric, by step."""
        told = self._got("metrics/get-history", run_id=run_id, metric_key=key, max_results=25000)
        return sorted(told.get("metrics", []), key=lambda point: int(point.get("step", 0)))

    def delete_experiment(self, name: str) -> None:
        """Deletes an experiment, of which the name stays taken."""
        found = self._got("experiments/get-by-name", experiment_name=name)["experiment"]["experiment_id"]
        self._http.post("/experiments/delete", json={"experiment_id": found}).raise_for_status()

    def _got(self, path: str, **query: str | int) -> Any:
        response = self._http.get(path, params=query)
        assert response.status_code == 200, response.text
        return response.json()


@contextmanager
def mlflow_server() -> Iterator[MLflow]:
    """A server on SQLite, in a folder and on a port of its own."""
    port = closed_port()
    with server_directory("mlflow") as folder:
        command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
        kept = [
            "--backend-store-uri",
            f"sqlite:///{folder}/mlflow.db",
            "--default-artifact-root",
            f"{folder}/artifacts",
        ]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [*command, *kept],
                env={**os.environ, **_QUIET},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        try:
            uri = f"http://127.0.0.1:{port}"
            until(lambda: _answers(uri, server), seconds=_START_SECONDS, told=(folder / "log").read_text)
            with httpx.Client(base_url=f"{uri}/api/2.0/mlflow", timeout=60) as client:
                yield MLflow(uri, client)
        finally:
            # It has a process below it, which would outlive it.
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _answers(uri: str, server: subprocess.Popen[bytes]) -> bool:
    assert server.poll() is None, "the MLflow server did not start"
    try:
        return httpx.get(f"{uri}/health", timeout=5).is_success
    except httpx.TransportError:
        return False
