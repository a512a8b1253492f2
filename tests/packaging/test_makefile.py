"""The Makefile on trees of its own: what it does on a bare machine, on a set-up one, and with signals."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.packaging.repository import ROOT

NOW = time.time()
TARGETS = ("run", "demo", "test", "check", "bench", "setup", "fix", "lock", "help")


def outside_of_make() -> dict[str, str]:
    """An environment without what a make around the tests exports to its own children."""
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


def make(tree: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs make in `tree`, free of what a make around the tests has exported."""
    return subprocess.run(
        ["make", *arguments],
        cwd=tree,
        env=outside_of_make() | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def script(path: Path, *lines: str) -> Path:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A clone on a bare machine."""
    tree = tmp_path / "clone"
    (tree / "dashboard").mkdir(parents=True)
    (tree / "locks").mkdir()
    shutil.copy(ROOT / "Makefile", tree)
    for name in ("pyproject.toml", "hatch_build.py", "locks/run.txt", "locks/torch.txt", "locks/dev.txt"):
        (tree / name).touch()
    for path in tree.rglob("*"):
        os.utime(path, (NOW - 2000,) * 2)
    return tree


@pytest.fixture
def set_up(bare: Path) -> Path:
    """A clone whose make has run before; its commands write down what they are called with."""
    script(bare / ".venv/bin/python", 'echo "python $*" >> calls')
    script(bare / ".venv/bin/gradclinic", 'echo "$* ${GRADCLINIC_PORT} ${GRADCLINIC_HOST} ${GRADCLINIC_DATA_DIR}"')
    # In the order in which make would have written them.
    built = [".venv/pyvenv.cfg", ".make/run-lock", "service/api/ui/index.html", ".make/run", ".make/dev"]
    for place, name in enumerate(built):
        (bare / name).parent.mkdir(parents=True, exist_ok=True)
        (bare / name).touch()
        os.utime(bare / name, (NOW - 1000 + place,) * 2)
    return bare


def calls(tree: Path) -> list[str]:
    """What the scripts of `set_up` were called with."""
    return (tree / "calls").read_text().splitlines() if (tree / "calls").exists() else []


@pytest.mark.parametrize("target", TARGETS)
def test_help_names_every_target(target: str) -> None:
    assert f"make {target} " in make(ROOT, "help").stdout


def test_help_is_the_default() -> None:
    assert make(ROOT).stdout == make(ROOT, "help").stdout


def test_a_machine_without_python_is_told_what_is_needed(bare: Path) -> None:
    done = make(bare, "run", PYTHON="/nowhere/python3")
    assert done.returncode != 0
    assert "needs Python 3.11, 3.12, 3.13 or 3.14" in done.stderr
    assert not (bare / ".venv").exists()


def test_a_python_that_is_too_old_is_passed_over(bare: Path) -> None:
    old = script(bare / "old-python", "exit 1")
    assert "found none" in make(bare, "run", PYTHON=str(old)).stderr


def test_a_python_without_venv_is_named_with_the_remedy(bare: Path) -> None:
    python = script(bare / "debian-python", 'case "$*" in *ensurepip*) exit 1;; esac')
    done = make(bare, "run", PYTHON=str(python))
    assert done.returncode != 0
    assert f"{python} cannot make virtual environments" in done.stderr
    assert "apt install python3-venv" in done.stderr


def test_the_first_suitable_python_makes_the_environment(bare: Path) -> None:
    old = script(bare / "old-python", "exit 1")
    good = script(bare / "good-python", 'echo "$@" >> calls', 'case "$*" in *clear*) exit 3;; esac')
    assert make(bare, "run", PYTHON=f"{old} {good}").returncode != 0
    assert calls(bare)[-1] == "-m venv --clear .venv"


def test_a_set_up_tree_starts_at_once(set_up: Path) -> None:
    started = time.monotonic()
    done = make(set_up, "run")
    assert done.stdout.split() == ["up"]
    assert calls(set_up) == []
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("how", ["argument", "environment"])
def test_variables_reach_the_service(how: str, set_up: Path) -> None:
    given = {"PORT": "8001", "HOST": "127.0.0.2", "DATA_DIR": "/tmp/elsewhere"}
    arguments = [f"{name}={value}" for name, value in given.items()] if how == "argument" else []
    done = make(set_up, "run", *arguments, **({} if arguments else given))
    assert done.stdout.split() == ["up", *given.values()]


def test_without_variables_the_settings_decide(set_up: Path) -> None:
    assert make(set_up, "run", GRADCLINIC_PORT="8002").stdout.split() == ["up", "8002"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param("locks/run.txt", ["-r locks/run.txt", "-r locks/torch.txt", "--editable ."], id="lock"),
        pytest.param("pyproject.toml", ["--editable ."], id="pyproject"),
        pytest.param("hatch_build.py", ["hatch_build.py"], id="dashboard"),
        pytest.param("locks/dev.txt", [], id="only for development"),
    ],
)
def test_only_what_changed_is_done_again(changed: str, expected: list[str], set_up: Path) -> None:
    os.utime(set_up / changed, (NOW - 10,) * 2)
    make(set_up, "run")
    done = calls(set_up)
    assert len(done) == len(expected)
    assert all(part in call for part, call in zip(expected, done, strict=True))


def test_locks_are_installed_with_hashes_and_torch_in_a_call_of_its_own(set_up: Path) -> None:
    os.utime(set_up / "locks/run.txt", (NOW - 10,) * 2)
    make(set_up, "run", "TORCH_INDEX_URL=https://torch.example/cpu")
    (locked,) = (call for call in calls(set_up) if "locks/run.txt" in call)
    (torch,) = (call for call in calls(set_up) if "locks/torch.txt" in call)
    assert "--require-hashes" in locked
    assert "torch" not in locked
    assert "--index-url https://torch.example/cpu" in torch


def test_a_new_environment_is_filled_again(set_up: Path) -> None:
    os.utime(set_up / ".venv/pyvenv.cfg", (NOW - 10,) * 2)
    make(set_up, "test")
    assert any("locks/run.txt" in call for call in calls(set_up))
    assert any("locks/dev.txt" in call for call in calls(set_up))


def test_an_environment_whose_python_is_gone_is_made_again(set_up: Path) -> None:
    python = set_up / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/nowhere/python3.11")
    good = script(set_up / "good-python", 'echo "$@" >> calls', 'case "$*" in *clear*) exit 3;; esac')
    make(set_up, "run", PYTHON=str(good))
    assert calls(set_up)[-1] == "-m venv --clear .venv"


def test_arguments_reach_pytest(set_up: Path) -> None:
    make(set_up, "test", "ARGS=-k stores -x")
    assert calls(set_up) == ["python -m pytest -k stores -x"]


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_service_before_make_ends(sent: signal.Signals, set_up: Path) -> None:
    script(
        set_up / ".venv/bin/gradclinic",
        "trap 'echo stopped; exit 0' INT TERM",
        "echo running",
        "while :; do sleep 0.05; done",
    )
    with subprocess.Popen(
        # Whoever runs the tests in the background may have them ignore SIGINT, which a shell could not trap then.
        ["env", "--default-signal=INT", "make", "run"],
        cwd=set_up,
        env=outside_of_make(),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        assert running.stdout
        assert running.stdout.readline() == "running\n"
        # Ctrl-C goes to everything in the terminal, `kill` to make alone.
        if sent is signal.SIGINT:
            os.killpg(running.pid, sent)
        else:
            running.send_signal(sent)
        rest, _ = running.communicate(timeout=10)
    assert "stopped" in rest
