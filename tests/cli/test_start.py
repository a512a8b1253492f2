"""The command line itself: it starts fast, and it ends with a sentence."""

import subprocess
import sys

import pytest

from tests.cli.conftest import Run
from tests.embedded import ROOT

_HEAVY = "{'sqlalchemy', 'celery', 'uvicorn', 'fastapi', 'alembic', 'httpx', 'rich', 'numpy', 'torch'}"
_SHOW_HEAVY = f"import sys, service.cli; sys.exit(' '.join({_HEAVY} & set(sys.modules)) or 0)"


def test_the_command_line_loads_nothing_heavy() -> None:
    ended = subprocess.run([sys.executable, "-c", _SHOW_HEAVY], capture_output=True, text=True, check=False, cwd=ROOT)
    assert ended.returncode == 0, ended.stderr


def test_every_command_of_the_contract_is_there(run: Run) -> None:
    told = run("--help")
    for name in ("up", "api", "worker", "db", "submit", "watch", "report", "demo"):
        assert f"\n  {name} " in told


@pytest.mark.parametrize("name", ["submit", "watch", "report", "demo"])
def test_exit_statuses_are_documented(name: str, run: Run) -> None:
    assert "Exit status: 0" in run(name, "--help")


def test_a_bad_setting_is_told_by_its_name(run: Run) -> None:
    for command in ("up", "api", "worker"):
        assert run(command, status=1, settings={"GRADCLINIC_PORT": "99999"}).startswith("GRADCLINIC_PORT: ")


def test_a_worker_that_was_never_heard_of_is_not_healthy(run: Run) -> None:
    assert "No worker of this host was heard of lately" in run("worker", "--health", status=1)


def test_the_database_is_brought_up_to_date_twice(run: Run) -> None:
    for _ in range(2):
        run("db", "upgrade")
