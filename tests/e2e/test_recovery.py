"""What is promised when a process dies: no job is lost, and no step is recorded twice."""

import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.databases import KINDS, PostgreSQL
from tests.e2e.work import assert_every_step_once, ended, job_of, losses, posted, until_training
from tests.embedded import HASTE, Embedded, alive, embedded, until

_STEPS = 2000
# The database has no part in it, or the one that other tests put it through on both.
on_sqlite = pytest.mark.parametrize("service", ["sqlite"], indirect=True)


@pytest.fixture(scope="module", params=KINDS)
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A service on either kind of database, whose parts a test may kill: it starts them again."""
    settings = dict(HASTE)
    if request.param == "postgresql":
        server: PostgreSQL = request.getfixturevalue("postgres")
        settings["GRADCLINIC_DATABASE_URL"] = server.create()
    with embedded(tmp_path_factory.mktemp("up") / "data", settings) as running:
        yield running


@pytest.mark.parametrize("part", ["trainer", "worker"])
def test_a_killed_process_costs_no_step(service: Embedded, part: str) -> None:
    with service.client() as client:
        job_id = posted(client, _STEPS)
        until_training(service, client, job_id)
        victim: psutil.Process = getattr(service, part)()
        victim.kill()
        job = ended(service, client, job_id)
    assert job["state"] == "succeeded", service.output()
    assert job["attempt"] >= 2
    assert_every_step_once(service.database_url, job)


def test_a_worker_told_to_end_hands_its_job_back(service: Embedded) -> None:
    with service.client() as client:
        job_id = posted(client, _STEPS)
        until_training(service, client, job_id)
        worker = service.worker()
        worker.send_signal(signal.SIGTERM)
        until(lambda: not alive(worker), told=service.output)
        job = ended(service, client, job_id)
    assert job["state"] == "succeeded"
    assert job["attempt"] == 2
    assert losses(service.database_url, job_id) == 0
    assert_every_step_once(service.database_url, job)


@on_sqlite
def test_a_killed_broker_loses_no_queued_job(service: Embedded) -> None:
    with service.client() as client:
        jobs = [posted(client, 2000), *(posted(client, 10) for _ in range(20))]
        until_training(service, client, jobs[0])
        service.broker().kill()
        assert {ended(service, client, job_id)["state"] for job_id in jobs} == {"succeeded"}


@on_sqlite
def test_a_running_job_is_cancelled_within_seconds(service: Embedded) -> None:
    with service.client() as client:
        job_id = posted(client, 1_000_000)
        until_training(service, client, job_id)
        assert client.post(f"/v1/jobs/{job_id}/cancel").status_code == 202
        until(lambda: job_of(client, job_id)["state"] == "cancelled", seconds=10, told=service.output)


@on_sqlite
def test_a_training_that_hangs_is_killed_and_its_job_goes_on(service: Embedded) -> None:
    with service.client() as client:
        job_id = posted(client, _STEPS)
        until_training(service, client, job_id)
        trainer = service.trainer()
        trainer.suspend()
        until(lambda: not alive(trainer), told=service.output)
        job = ended(service, client, job_id)
    assert job["state"] == "succeeded"
    assert_every_step_once(service.database_url, job)


def test_what_ran_when_everything_died_is_finished_after_a_restart(tmp_path: Path) -> None:
    with embedded(tmp_path / "data", HASTE) as service, service.client() as client:
        job_id = posted(client, _STEPS)
        until_training(service, client, job_id)
        service.process.kill()
    with embedded(tmp_path / "data", HASTE) as again, again.client() as client:
        job = ended(again, client, job_id)
    assert job["state"] == "succeeded"
    assert_every_step_once(again.database_url, job)
