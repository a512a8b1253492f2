"""The wheel holds the packages, the migrations and the built dashboard, and nothing else; its client runs alone."""

import importlib.metadata
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from locks import lock
from tests.packaging.repository import ROOT

_PACKAGES = ("gradclinic", "service", "worker")
# In a Python that has nothing of the extras, and no checkout on its path.
_CLIENT = """
import json, sys
sys.path.insert(0, sys.argv[1])
sys.modules.update(dict.fromkeys(["IPython", "matplotlib", "pandas", "sklearn", "torch"]))
before = set(sys.modules)
import gradclinic
from gradclinic import Client
from gradclinic.series import Trace
with Client("http://127.0.0.1:9") as client:
    assert not client.ready()
loaded = {name.split(".")[0] for name in set(sys.modules) - before}
print(json.dumps([gradclinic.__file__, sorted(loaded - sys.stdlib_module_names - {"gradclinic"})]))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True)
    (built,) = Path(folder).glob("*.whl")
    return built


@pytest.fixture(scope="module")
def contents(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_it_holds_the_packages(contents: list[str]) -> None:
    tops = {name.split("/")[0] for name in contents}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(_PACKAGES)


@pytest.mark.parametrize(
    "needed",
    [
        "gradclinic/py.typed",
        "service/api/ui/index.html",
        "service/api/ui/docs/index.html",
        "service/store/migrations/env.py",
        "service/store/migrations/versions/0001_initial.py",
    ],
)
def test_it_holds_what_the_packages_need(needed: str, contents: list[str]) -> None:
    assert needed in contents


def test_it_holds_every_module(contents: list[str]) -> None:
    sources = {str(path.relative_to(ROOT)) for top in _PACKAGES for path in (ROOT / top).rglob("*.py")}
    assert sources <= set(contents)


def test_it_holds_the_examples(contents: list[str]) -> None:
    examples = {f"service/cli/examples/{path.name}" for path in (ROOT / "examples").glob("*.json")}
    assert examples <= set(contents)


def test_the_client_needs_no_extra(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(target)]
    subprocess.run([*pip, str(wheel)], check=True)
    done = subprocess.run(
        [sys.executable, "-I", "-c", _CLIENT, str(target)], cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True
    )
    where, loaded = json.loads(done.stdout)
    assert Path(where).is_relative_to(target)
    distributions = importlib.metadata.packages_distributions()
    needed = {canonicalize_name(name) for top in loaded for name in distributions.get(top, [])}
    assert (
        {"httpx", "numpy"}
        <= needed
        <= {canonicalize_name(pin.requirement.name) for pin in lock.pins(ROOT / "locks" / "api.txt")}
    )
