"""The two halves, looked at while they run: the import contracts read the source, and either alone can be fooled."""

import subprocess
import sys

import pytest

from tests.packaging.repository import ROOT

SOURCES = [path for half in ("service", "worker", "migrations") for path in sorted((ROOT / half).rglob("*.py"))]


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        pytest.param("service.api.app", ("torch", "sklearn", "scipy", "worker"), id="the API has no torch"),
        pytest.param("service.cli", ("torch", "sklearn", "scipy", "worker"), id="the command line has no torch"),
        pytest.param("worker.tasks", ("torch", "fastapi", "starlette"), id="a worker's parent never touches CUDA"),
        pytest.param("worker.run", ("fastapi", "starlette", "uvicorn"), id="the worker knows no HTTP"),
    ],
)
def test_a_process_loads_only_its_half(module: str, forbidden: tuple[str, ...]) -> None:
    program = f"import {module}, sys; print(*(set({forbidden!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.split() == []


def test_one_function_commits() -> None:
    found = [path.relative_to(ROOT) for path in SOURCES for _ in range(path.read_text().count(".commit("))]
    assert [str(path) for path in found] == ["service/store/database.py"]
