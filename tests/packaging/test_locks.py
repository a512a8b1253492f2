"""The locks belong to pyproject.toml, agree with each other, and satisfy torch on any machine."""

import importlib.metadata
import shutil
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from locks import lock
from tests.packaging.repository import ROOT, pyproject

ACCELERATOR = ("cuda-", "nvidia-", "triton", "intel-", "pytorch-triton")


def locked(name: str) -> set[str]:
    return {canonicalize_name(pin.requirement.name) for pin in lock.pins(ROOT / "locks" / f"{name}.txt")}


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(requirement).name) for requirement in requirements}


def test_the_locks_belong_to_pyproject() -> None:
    assert list(lock.faults()) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        pytest.param(
            "pyproject.toml", '"rich>=', '"rich>2,>=', "was made from another pyproject.toml", id="requirement"
        ),
        pytest.param("locks/torch.txt", "torch==2", "torch==1", "was made from another pyproject", id="torch"),
        pytest.param("locks/api.txt", "alembic==", "alembic==0.", "and dev.txt does not", id="other version"),
        pytest.param("locks/api.txt", "# inputs", "--index-url x\n# inputs", "names an address", id="option"),
        pytest.param("locks/api.txt", "# inputs", "x @ https://h/x.whl\n# inputs", "names an address", id="address"),
        pytest.param("locks/api.txt", "# inputs", "x==1\n# inputs", "has no hash for x==1", id="no hash"),
    ],
)
def test_a_lock_that_is_not_right_is_noticed(
    file: str, old: str, new: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "locks", tmp_path / "locks")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    changed = tmp_path / file
    assert old in changed.read_text()
    changed.write_text(changed.read_text().replace(old, new, 1))
    monkeypatch.setattr(lock, "ROOT", tmp_path)
    monkeypatch.setattr(lock, "LOCKS", tmp_path / "locks")
    assert any(complaint in fault for fault in lock.faults())


def test_each_lock_holds_what_its_users_ask_for() -> None:
    project = pyproject()["project"]
    base, extras = names(project["dependencies"]), project["optional-dependencies"]
    own = {"gradclinic", "torch"}
    assert base | names(extras["postgres"]) <= locked("api")
    assert base | names(extras["postgres"] + extras["worker"]) - own <= locked("worker")
    assert base | names(extras["embedded"] + extras["worker"]) - own <= locked("run")
    assert names(pyproject()["build-system"]["requires"]) <= locked("build") & locked("run")


def test_nothing_of_torch_reaches_the_api() -> None:
    assert not locked("api") & {"torch", "scikit-learn", "scipy", "sympy", "networkx"}


def test_no_lock_holds_what_only_an_accelerator_needs() -> None:
    for name in lock.WHAT:
        assert not [pin for pin in locked(name) if pin.startswith(ACCELERATOR)]


def test_the_locks_satisfy_the_torch_that_is_installed() -> None:
    needed = {
        canonicalize_name(requirement.name)
        for requirement in map(Requirement, importlib.metadata.requires("torch") or [])
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    }
    assert {name for name in needed if not name.startswith(ACCELERATOR)} <= locked("worker") & locked("run")


def test_torch_is_pinned_once_and_within_what_the_worker_asks_for() -> None:
    (pin,) = lock.pins(ROOT / "locks" / "torch.txt")
    asked = next(
        Requirement(entry)
        for entry in pyproject()["project"]["optional-dependencies"]["worker"]
        if Requirement(entry).name == "torch"
    )
    (version,) = pin.requirement.specifier
    assert version.operator == "=="
    assert asked.specifier.contains(version.version)
    assert importlib.metadata.version("torch").split("+")[0] == version.version


def test_the_build_group_is_what_the_build_system_asks_for() -> None:
    document = pyproject()
    assert document["dependency-groups"]["build"] == document["build-system"]["requires"]
