"""The gate, on a machine made of stand-ins that write down what they are asked."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.packaging.repository import ROOT
from tests.packaging.test_makefile import calls, script


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone whose machine has a shell, apt and nothing else."""
    shutil.copytree(ROOT / ".ci", tmp_path / "clone/.ci")
    for tool in ("bash", "dirname", "env", "grep", "sh"):
        real = shutil.which(tool)
        assert real
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / tool).symlink_to(real)
    script(tmp_path / "bin/apt-get", f'echo "apt-get $*" >> {tmp_path}/clone/calls')
    script(tmp_path / "bin/dpkg", "exit 1")
    script(tmp_path / "bin/sudo", 'shift; exec "$@"')
    return tmp_path / "clone"


def has(clone: Path, name: str, *lines: str) -> None:
    script(clone.parent / "bin" / name, f'echo "{name} $*" >> {clone}/calls', *lines)


def run(clone: Path) -> int:
    command = ["bash", str(clone / ".ci/run")]
    environment = {"PATH": str(clone.parent / "bin")}
    return subprocess.run(command, env=environment, cwd="/", stdin=subprocess.DEVNULL, check=False).returncode


def test_a_bare_machine_gets_everything(clone: Path) -> None:
    run(clone)
    update, install, *_ = calls(clone)
    assert update.startswith("apt-get update")
    wanted = install.split("--no-install-recommends ")[1]
    assert wanted == "make python3 python3-venv chromium prometheus fonts-dejavu-core ca-certificates"


def test_a_machine_that_has_everything_installs_nothing_and_runs_both_commands(clone: Path) -> None:
    for name in ("make", "python3", "chromium", "promtool"):
        has(clone, name)
    has(clone, "dpkg", 'echo "Status: install ok installed"')
    assert run(clone) == 0
    assert [call for call in calls(clone) if call.startswith(("apt-get", "make"))] == ["make check", "make test"]


@pytest.mark.parametrize("target", ["check", "test"])
def test_a_failure_is_a_failure(target: str, clone: Path) -> None:
    for name in ("python3", "chromium"):
        has(clone, name)
    has(clone, "make", f'[ "$1" != {target} ]')
    assert run(clone) != 0
