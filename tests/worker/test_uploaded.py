"""Uploaded data as a worker reads it."""

from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
import torch

from service.datasets.folders import folder
from service.spec.data.sources.uploaded import Uploaded
from service.store import jobs
from service.store.database import Database
from tests.datasets.files import arrays, converted, npz
from tests.datasets.kept import kept
from tests.experiments import body, linear, resolved
from tests.worker.test_run import EAGER, claimed
from worker.data.load import load
from worker.data.sources.uploaded import DatasetUnavailable
from worker.data.sources.uploaded import load as load_uploaded
from worker.run import run

ID = "ds_" + "0" * 26
random = np.random.default_rng(0)


def uploaded(root: Path, content: bytes | str, **source: Any) -> dict[str, Any]:
    """The source of data that lies in `root`."""
    told = converted(folder(root, ID), content)["dataset"]
    return {"kind": "uploaded", "dataset_id": ID, "description": told["description"], **source}


@pytest.mark.parametrize("shape", [(4,), (5, 2), (1, 4, 6)], ids=["vectors", "sequences", "images"])
def test_samples_reach_the_network(tmp_path: Path, shape: tuple[int, ...]) -> None:
    x, y = random.normal(3, 2, size=(40, *shape)), np.arange(40) % 3
    source = uploaded(tmp_path, npz(x=x, y=y))
    split = load(resolved(body({"kind": "flatten"}, linear(3), source=source)), (3,), torch.device("cpu"), tmp_path)
    assert split.validation is not None
    assert (len(split.training), len(split.validation)) == (32, 8)
    assert split.training.classes is not None
    together = torch.cat([split.training.classes, split.validation.classes])  # type: ignore[list-item]
    assert torch.bincount(together).tolist() == [14, 13, 13]
    assert split.training.inputs.mean().item() == pytest.approx(0, abs=1e-5)


def test_real_targets_are_scaled(tmp_path: Path) -> None:
    source = uploaded(tmp_path, npz(x=random.normal(size=(40, 4)), y=random.normal(500, 20, size=40)))
    run = resolved(body(linear(1), source=source, training={"loss": "mse"}))
    split = load(run, (1,), torch.device("cpu"), tmp_path)
    assert split.training.targets.mean().item() == pytest.approx(0, abs=1e-5)
    assert split.training.targets.std(correction=0).item() == pytest.approx(1, abs=1e-5)


def test_whole_numbers_are_tokens_when_asked(tmp_path: Path) -> None:
    x = random.integers(0, 7, size=(40, 5))
    source = uploaded(tmp_path, npz(x=x, y=np.arange(40) % 3), tokens=True)
    tokens, _ = load_uploaded(Uploaded.model_validate(source), tmp_path)
    np.testing.assert_array_equal(tokens, x)
    assert tokens.dtype == np.int64


def test_what_is_not_looked_at_stays_on_disk(tmp_path: Path) -> None:
    source = uploaded(tmp_path, npz(x=random.normal(size=(40, 4)), y=np.arange(40) % 3))
    samples, targets = load_uploaded(Uploaded.model_validate(source), tmp_path)
    for array in (samples, targets):
        assert isinstance(array.base, np.memmap)
        assert not array.flags.writeable


def _damage(root: Path, how: str) -> None:
    path = folder(root, ID) / "samples.npy"
    match how:
        case "gone":
            path.unlink()
        case "cut":
            path.write_bytes(path.read_bytes()[:-8])
        case "no array":
            path.write_bytes(b"hello")
        case "objects":
            np.save(path, np.array([{}] * 40, dtype=object), allow_pickle=True)
        case "another shape":
            np.save(path, np.zeros((40, 5), np.float32))
        case "other targets":
            np.save(folder(root, ID) / "targets.npy", np.zeros(39, np.int64))


@pytest.mark.parametrize("how", ["gone", "cut", "no array", "objects", "another shape", "other targets"])
def test_files_that_are_not_as_described(tmp_path: Path, how: str) -> None:
    source = Uploaded.model_validate(uploaded(tmp_path, npz(x=random.normal(size=(40, 4)), y=np.arange(40) % 3)))
    _damage(tmp_path, how)
    with pytest.raises(DatasetUnavailable):
        load_uploaded(source, tmp_path)
    with pytest.raises(DatasetUnavailable):
        load_uploaded(source, None)


def test_a_job_without_its_data_fails_and_says_so(database: Database, tmp_path: Path) -> None:
    source = uploaded(tmp_path, npz(x=random.normal(size=(60, 4)), y=np.arange(60) % 3))
    source["dataset_id"] = kept(database)
    held = claimed(database, body(linear(3), source=source))
    run(held, database, stop=lambda: False, datasets=tmp_path, **EAGER)
    with database.reading() as session:
        job = jobs.get(session, held.job_id)
    assert job.state == "failed"
    assert orjson.loads(job.error or "")["type"] == "/problems/dataset-unavailable"


def test_a_job_with_its_data_succeeds(database: Database, tmp_path: Path) -> None:
    centers = np.eye(3).repeat(20, axis=0) * 3
    source = uploaded(tmp_path, npz(x=centers + random.normal(0, 0.1, size=(60, 3)), y=np.arange(3).repeat(20)))
    source["dataset_id"] = kept(database)
    folder(tmp_path, ID).rename(folder(tmp_path, source["dataset_id"]))
    held = claimed(database, body(linear(3), source=source, training={"steps": 60}))
    run(held, database, stop=lambda: False, datasets=tmp_path, **EAGER)
    with database.reading() as session:
        job = jobs.get(session, held.job_id)
    assert job.state == "succeeded", job.error
    assert orjson.loads(job.result or "")["validation_accuracy"] == 1
    assert arrays(folder(tmp_path, source["dataset_id"]))[0].shape == (60, 3)
