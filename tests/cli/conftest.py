"""A whole service, and the command line as a process."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pytest

from tests.embedded import command, environment

Settings = Mapping[str, str]


class Run(Protocol):
    """Runs the command line to its end."""

    def __call__(self, *arguments: str, status: int = 0, send: str = "", settings: Settings | None = None) -> str: ...


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """What the command wrote to standard output; to standard error, where a failure is expected."""

    def to_its_end(*arguments: str, status: int = 0, send: str = "", settings: Settings | None = None) -> str:
        ended = subprocess.run(
            command(*arguments),
            env=environment(tmp_path / "data", settings or {}),
            input=send,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert ended.returncode == status, ended.stderr + ended.stdout
        assert "Traceback" not in ended.stderr
        return ended.stderr if status else ended.stdout

    return to_its_end
