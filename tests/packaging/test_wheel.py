"""The wheel holds the two packages, the migrations and the built dashboard, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.packaging.repository import ROOT


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True)
    (wheel,) = Path(folder).glob("*.whl")
    return zipfile.ZipFile(wheel).namelist()


def test_it_holds_two_packages(contents: list[str]) -> None:
    tops = {name.split("/")[0] for name in contents}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"service", "worker"}


@pytest.mark.parametrize(
    "needed",
    [
        "service/api/ui/index.html",
        "service/api/ui/docs/index.html",
        "service/store/migrations/env.py",
        "service/store/migrations/versions/0001_initial.py",
    ],
)
def test_it_holds_what_the_packages_need(needed: str, contents: list[str]) -> None:
    assert needed in contents


def test_it_holds_every_module(contents: list[str]) -> None:
    sources = {str(path.relative_to(ROOT)) for half in ("service", "worker") for path in (ROOT / half).rglob("*.py")}
    assert sources <= set(contents)


def test_it_holds_the_examples(contents: list[str]) -> None:
    examples = {f"service/cli/examples/{path.name}" for path in (ROOT / "examples").glob("*.json")}
    assert examples <= set(contents)
