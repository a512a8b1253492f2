"""Datasets in the database: how many, who reads them, and how they go. On both kinds."""

import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from service.datasets import keep as keeping
from service.datasets.delete import delete
from service.datasets.describe import described
from service.datasets.folders import folder
from service.datasets.keep import Quota, reserve
from service.errors import DatasetInUse, InvalidExperiment, NotFound, TooManyDatasets
from service.experiment import Experiment
from service.jobs.cancel import cancel
from service.jobs.delete import delete as delete_job
from service.jobs.submit import submit
from service.store import datasets
from service.store.database import Database
from service.store.tables import Dataset, JobDataset
from tests.datasets.kept import QUOTA, kept
from tests.experiments import body, experiment, linear
from tests.jobs.races import HEAD_STARTS, race
from tests.jobs.samples import claimed


def reading(dataset_id: str, **source: Any) -> Experiment:
    return experiment(body(linear(3), source={"kind": "uploaded", "dataset_id": dataset_id, **source}))


def submitted(database: Database, dataset_id: str, key: str | None = None) -> str:
    sent = described(database, reading(dataset_id))
    with database.transaction() as session:
        resolved = sent.resolved()
        return submit(session, sent, resolved, principal="lab", idempotency_key=key, max_queued=100).job.id


def rows(database: Database, table: Any) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_the_service_describes_the_data_whatever_was_sent(database: Database) -> None:
    dataset_id = kept(database)
    lie = {"samples": 7, "shape": [9], "target": {"kind": "values", "size": 1}}
    for sent in (reading(dataset_id), reading(dataset_id, description=lie)):
        source = described(database, sent).data.source
        assert (source.sample_count(), source.sample_shape()) == (60, (4,))
        assert (source.target().kind, source.target().size) == ("classes", 3)
        assert source.class_shares(0) == pytest.approx((30 / 60, 20 / 60, 10 / 60))


def test_other_experiments_need_no_database() -> None:
    sent = experiment(body())
    assert described(None, sent) is sent  # type: ignore[arg-type]


def test_data_that_is_not_there(database: Database) -> None:
    missing = reading("ds_" + "0" * 26)
    for use in (lambda: described(database, missing), missing.resolved):
        with pytest.raises(InvalidExperiment) as raised:
            use()
        assert raised.value.errors[0]["pointer"] == "/data/source/dataset_id"


def test_the_same_experiment_twice_is_one_job(database: Database) -> None:
    dataset_id = kept(database)
    assert submitted(database, dataset_id, key="k") == submitted(database, dataset_id, key="k")
    assert rows(database, JobDataset) == 1


def test_data_that_is_read_is_not_deleted(database: Database, tmp_path: Path) -> None:
    dataset_id = kept(database)
    waiting, running, other = (submitted(database, dataset_id) for _ in range(3))
    claimed(database, running)
    with pytest.raises(DatasetInUse, match=f"It is read by job {waiting} and 2 more"):
        delete(database, tmp_path, dataset_id)
    for job_id in (waiting, other):
        with database.transaction() as session:
            cancel(session, job_id)
    with pytest.raises(DatasetInUse, match=f"It is read by job {running};"):
        delete(database, tmp_path, dataset_id)
    assert rows(database, Dataset) == 1


def test_data_of_jobs_that_have_ended_is_deleted_and_they_stay(database: Database, tmp_path: Path) -> None:
    dataset_id, root = kept(database), tmp_path
    folder(root, dataset_id).mkdir()
    (folder(root, dataset_id) / "samples.npy").touch()
    job_id = submitted(database, dataset_id)
    with database.transaction() as session:
        cancel(session, job_id)
    delete(database, root, dataset_id)
    assert list(root.iterdir()) == []
    assert (rows(database, Dataset), rows(database, JobDataset)) == (0, 0)
    with database.transaction() as session:
        delete_job(session, job_id)
    with pytest.raises(NotFound):
        delete(database, root, dataset_id)
    with database.reading() as session, pytest.raises(NotFound):
        datasets.get(session, dataset_id)


def test_a_job_that_is_deleted_reads_nothing_any_more(database: Database) -> None:
    job_id = submitted(database, kept(database))
    with database.transaction() as session:
        cancel(session, job_id)
    with database.transaction() as session:
        delete_job(session, job_id)
    assert (rows(database, Dataset), rows(database, JobDataset)) == (1, 0)


def test_no_job_is_left_without_its_data(database: Database, tmp_path: Path) -> None:
    for late in HEAD_STARTS[::2]:
        dataset_id = kept(database)
        experiment = described(database, reading(dataset_id))
        resolved = experiment.resolved()

        def ask(experiment: Experiment = experiment, resolved: Any = resolved) -> str:
            with database.transaction() as session:
                made = submit(session, experiment, resolved, principal="lab", idempotency_key=None, max_queued=100)
                return made.job.id

        job, deleted = race(ask, lambda dataset_id=dataset_id: delete(database, tmp_path, dataset_id), late=late)  # type: ignore[misc]
        if isinstance(deleted, Exception):
            assert isinstance(deleted, DatasetInUse)
            assert isinstance(job, str)
            with database.transaction() as session:
                cancel(session, job)
        else:
            assert isinstance(job, InvalidExperiment)
            assert job.errors[0]["pointer"] == "/data/source/dataset_id"


def test_only_so_many_are_kept(database: Database, tmp_path: Path) -> None:
    kept(database, size=600)
    with pytest.raises(TooManyDatasets, match="There are 1 datasets, and 1 may be; delete some first"):
        reserve(database, tmp_path, Quota(1, 1 << 40))
    few_bytes = Quota(10, 1000)
    with pytest.raises(TooManyDatasets, match="have 600 bytes, and 1000 may be kept; this one has 401; delete some"):
        kept(database, size=401, quota=few_bytes)
    kept(database, size=400, quota=few_bytes)
    with pytest.raises(TooManyDatasets, match="have 1000 bytes, and 1000 may be kept; delete some first"):
        reserve(database, tmp_path, few_bytes)


def test_what_a_crash_left_is_swept_up(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "datasets"
    assert reserve(database, root, QUOTA).startswith("ds_")
    complete = kept(database)
    for name in (complete, "ds_young", "ds_old"):
        (root / name).mkdir(parents=True)
        (root / name / "upload").touch()
    for name in (complete, "ds_old"):
        os.utime(root / name, (1.0, 1.0))
    reserve(database, root, QUOTA)
    assert sorted(path.name for path in root.iterdir()) == sorted([complete, "ds_young"])
    monkeypatch.setattr(keeping, "_ABANDONED_SECONDS", -1.0)
    reserve(database, root, QUOTA)
    assert [path.name for path in root.iterdir()] == [complete]


@pytest.mark.parametrize("dataset_id", ["..", "", ".", "../x", "a/b", "/etc"])
def test_an_id_leads_nowhere_else(tmp_path: Path, dataset_id: str) -> None:
    with pytest.raises(ValueError, match="no id of a dataset"):
        folder(tmp_path, dataset_id)
