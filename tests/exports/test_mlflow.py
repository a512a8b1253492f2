"""Jobs on a real MLflow server, against the numbers that the API tells."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from service.cli.mlflow.server import JOB_TAG, Server
from service.jobs import cancel, finish
from service.store.database import Database
from tests.api.serving import json_of
from tests.api.stories import START, claimed, flushed, queued
from tests.cli.conftest import Run
from tests.databases import SQLiteFiles
from tests.experiments import activation, linear
from tests.exports.mlflow_server import MLflow
from tests.exports.recorded import NAME, RECURRENT, columns, diverged, series, served
from tests.supervisor.ports import closed_port

# The first of them waits for the server to start.
pytestmark = pytest.mark.timeout(300)
POINTS = 40


@pytest.fixture(scope="module")
def database(sqlite_files: SQLiteFiles) -> Database:
    return Database(sqlite_files.fresh())


@pytest.fixture(scope="module")
def api(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with served(database, tmp_path_factory.mktemp("api")) as client:
        yield client
    database.dispose()


@pytest.fixture
def at(api: httpx.Client, mlflow: MLflow) -> dict[str, str]:
    return {"GRADCLINIC_URL": str(api.base_url).rstrip("/"), "GRADCLINIC_MLFLOW_TRACKING_URI": mlflow.uri}


def pushed(told: str) -> str:
    """The id of the run."""
    found = re.search(r"/runs/(\w+)\n", told)
    assert found, told
    return found[1]


def test_a_job_becomes_a_run(
    run: Run, at: dict[str, str], api: httpx.Client, database: Database, mlflow: MLflow
) -> None:
    job_id = diverged(database, labels={"course": "dl101"})
    told = run("push", "mlflow", job_id, "--max-points", str(POINTS), settings=at)
    run_id = pushed(told)
    found = mlflow.run(run_id)
    job = json_of(api.get(f"/v1/jobs/{job_id}"))

    info, data = found["info"], found["data"]
    assert (info["run_name"], info["status"]) == (NAME, "FINISHED")
    assert abs(info["end_time"] - 1000 * _seconds(job["finished_at"])) < 2
    params = {item["key"]: item["value"] for item in data["params"]}
    assert params["network.layers.0.kind"] == "rnn"
    assert params["training.steps"] == "300"
    assert params["training.optimizer.lr"] == str(job["resolved"]["training"]["optimizer"]["lr"])
    tags = {item["key"]: item["value"] for item in data["tags"]}
    assert tags["gradclinic.verdict"] == "exploding_gradient"
    assert tags["gradclinic.finding.00"].startswith("critical exploding_gradient (learning_rate) since step 7 in 02 l")
    assert tags["course"] == "dl101"
    assert tags[JOB_TAG] == job_id
    assert tags["gradclinic.url"].endswith(f"/ui/jobs/{job_id}")
    assert '"kind":"clip_grad_norm"' in tags["mlflow.note.content"]

    for metric, kind in (("grad_norm", "traces"), ("time_delta_norm", "traces"), ("loss", "curves")):
        steps, layers, values, bad = columns(api, job_id, metric, kind, POINTS)
        for column, layer in enumerate(layers):
            name = metric if kind == "curves" else f"{metric}/{layer}"
            of = {step: value for step, value in zip(steps, values[:, column].tolist(), strict=True) if value == value}
            assert {point.get("step", 0): point["value"] for point in mlflow.history(run_id, name)} == of
            counts = {step: count for step, count in zip(steps, bad[:, column].tolist(), strict=True) if count}
            spoilt = mlflow.history(run_id, f"nonfinite/{name}")
            assert {point.get("step", 0): point["value"] for point in spoilt} == counts
    first = mlflow.history(run_id, "grad_norm/00 rnn")[0]
    assert first["timestamp"] == 1000 * START
    assert mlflow.history(run_id, "global_grad_norm")[0]["value"] == 6.0
    assert mlflow.history(run_id, "result/trace_overhead")[0]["value"] == 0.1


def test_pushed_twice_it_is_there_once(run: Run, at: dict[str, str], database: Database, mlflow: MLflow) -> None:
    job_id = diverged(database)
    first = run("push", "mlflow", job_id, settings=at)
    before = mlflow.run(pushed(first))
    again = run("push", "mlflow", job_id, "--max-points", "7", settings=at)
    assert again.startswith(f"{job_id}: is there already\n")
    assert pushed(again) == pushed(first)
    assert mlflow.run(pushed(first)) == before


def test_a_push_that_broke_off_goes_on_where_it_was(
    run: Run, at: dict[str, str], api: httpx.Client, database: Database, mlflow: MLflow
) -> None:
    job_id = diverged(database)
    server = Server(mlflow.uri)
    of = server.experiment("gradclinic")
    tags = {JOB_TAG: job_id, "gradclinic.max_points": str(POINTS)}
    begun = server.create(of, NAME, 1, [{"key": key, "value": value} for key, value in tags.items()])
    steps, _layers, values, _bad = columns(api, job_id, "grad_norm", max_points=POINTS)
    some = {"key": "grad_norm/00 rnn", "value": float(values[0, 0]), "timestamp": int(1000 * START), "step": steps[0]}
    server.log(begun, metrics=[some], params=[{"key": "training.steps", "value": "300"}])
    server.close()
    assert pushed(run("push", "mlflow", job_id, "--max-points", "7", settings=at)) == begun.id
    assert mlflow.run(begun.id)["info"]["status"] == "FINISHED"
    assert [point.get("step", 0) for point in mlflow.history(begun.id, "grad_norm/00 rnn")] == steps


def test_more_than_one_request_holds(run: Run, at: dict[str, str], database: Database, mlflow: MLflow) -> None:
    layers = [layer for _ in range(60) for layer in (linear(4), activation("tanh"))]
    job_id = diverged(database, network={"layers": [*RECURRENT["network"]["layers"][:1], *layers, linear(1)]})
    told = run("push", "mlflow", job_id, settings=at)
    data = mlflow.run(pushed(told))["data"]
    assert len(data["params"]) > 200
    assert int(told.split()[1].replace(",", "")) > 1000


def test_a_run_ends_as_its_job_did(run: Run, at: dict[str, str], database: Database, mlflow: MLflow) -> None:
    held = claimed(database, queued(database, **RECURRENT | {"name": ""}))
    flushed(database, held, 10, series(0, 10))
    error = {"type": "/problems/worker-lost", "title": "Worker lost", "status": 500, "detail": "It died."}
    with database.transaction() as session:
        finish.fail(session, held, error)
    stopped = queued(database, **RECURRENT)
    with database.transaction() as session:
        cancel.cancel(session, stopped)
    told = run("push", "mlflow", held.job_id, stopped, settings=at)
    failed, killed = (mlflow.run(run_id) for run_id in re.findall(r"/runs/(\w+)\n", told))
    assert (failed["info"]["status"], killed["info"]["status"]) == ("FAILED", "KILLED")
    assert failed["info"]["run_name"] == held.job_id
    assert {"key": "gradclinic.error", "value": "Worker lost: It died."} in failed["data"]["tags"]


def test_a_job_that_has_not_ended_waits(run: Run, at: dict[str, str], database: Database) -> None:
    job_id = queued(database, **RECURRENT)
    told = run("push", "mlflow", job_id, status=1, settings=at)
    assert told == f"{job_id} is queued: push it when it has ended. `gradclinic watch {job_id}` waits for it.\n"


def test_without_an_address_nothing_is_sent(run: Run) -> None:
    assert "Set GRADCLINIC_MLFLOW_TRACKING_URI" in run("push", "mlflow", "job_1", status=1)


def test_what_is_no_mlflow_server_is_told_so(run: Run, api: httpx.Client, database: Database, tmp_path: Path) -> None:
    job_id = diverged(database)
    own = str(api.base_url).rstrip("/")
    nobody = f"http://me:secret@127.0.0.1:{closed_port()}"
    for uri, sentence in (
        (nobody, f"No MLflow server answers at {nobody.replace('me:secret@', '')}"),
        (own, f"What answers at {own} is not an MLflow server (404)"),
        (f"sqlite:///{tmp_path}/mlflow.db", "start `mlflow server` on them"),
    ):
        told = run("push", "mlflow", job_id, "--to", uri, status=3, settings={"GRADCLINIC_URL": own})
        assert sentence in told
        assert "secret" not in told


def test_what_mlflow_refuses_is_told(run: Run, at: dict[str, str], database: Database, mlflow: MLflow) -> None:
    job_id = diverged(database)
    run("push", "mlflow", job_id, "--experiment", "gone", settings=at)
    mlflow.delete_experiment("gone")
    told = run("push", "mlflow", job_id, "--experiment", "gone", status=4, settings=at)
    assert "The experiment `gone`" in told
    assert "is deleted" in told
    told = run("push", "mlflow", job_id, "--experiment", "x" * 501, status=4, settings=at)
    assert "refused (400, INVALID_PARAMETER_VALUE)" in told
    assert "Not found (404)" in run("push", "mlflow", "job_" + "0" * 26, status=4, settings=at)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
