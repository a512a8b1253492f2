"""Writes and checks the lock files.

`python locks/lock.py` resolves pyproject.toml again and keeps the pins that still fit; with `--upgrade` it takes newer
releases; with `--check` it reads only (no network) and fails when a lock does not belong to pyproject.toml.
"""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

LOCKS = Path(__file__).parent
ROOT = LOCKS.parent
PROJECT = ["pyproject.toml", "--extra=postgres"]
# The first resolves everything; each other is seeded with its pins, so that a package has one version everywhere.
WHAT = {
    "dev": [*PROJECT, "--extra=embedded", "--extra=notebook", "--group=dev"],
    "run": ["pyproject.toml", "--extra=embedded", "--group=build"],
    "api": PROJECT,
    "worker": [*PROJECT, "--extra=worker"],
    "build": ["--group=build"],
}


class Pin(NamedTuple):
    """One line of a lock: `name==version ; marker` and its hashes."""

    requirement: Requirement
    hashes: frozenset[str]


def inputs() -> str:
    """A digest of everything a resolution depends on, as it stands in pyproject.toml and torch.txt."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = document["project"]
    tables = [
        project["requires-python"],
        project["dependencies"],
        project["optional-dependencies"],
        document["dependency-groups"],
        document["build-system"]["requires"],
        document["tool"]["uv"],
        str(pins(LOCKS / "torch.txt")[0].requirement),
        WHAT,
    ]
    return hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()


def pins(lock: Path) -> list[Pin]:
    """The pins of a lock file in the order of the file."""
    lines = lock.read_text().replace("\\\n", " ").splitlines()
    entries = (line for line in lines if line.strip() and not line.lstrip().startswith("#"))
    return [
        Pin(Requirement(re.split(r"\s+--hash=", entry)[0]), frozenset(re.findall(r"--hash=(\S+)", entry)))
        for entry in entries
    ]


def write(*, upgrade: bool) -> None:
    """Resolves every lock with uv for all platforms and Pythons at once and stamps it with a digest of its inputs."""
    for name, what in WHAT.items():
        lock = LOCKS / f"{name}.txt"
        if name != "dev":
            shutil.copy(LOCKS / "dev.txt", lock)
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version=3.11"]
        command += ["--generate-hashes", "--no-emit-package=torch", "--no-header", "--constraint=locks/torch.txt"]
        command += ["--upgrade"] if upgrade and name == "dev" else []
        subprocess.run([*command, *what, f"--output-file={lock}"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        lock.write_text(f"# Written by `make lock`; do not edit.\n# inputs: {inputs()}\n{lock.read_text()}")


def faults() -> Iterator[str]:
    """Sentences that say what is wrong with the lock files; none when all is well."""
    everything = {_version(pin) for pin in pins(LOCKS / "dev.txt")}
    for name in WHAT:
        lock = LOCKS / f"{name}.txt"
        if f"# inputs: {inputs()}\n" not in lock.read_text():
            yield f"{lock.name} was made from another pyproject.toml; run `make lock`."
        if re.search(r"://|^\s*-[^-]|--(?!hash)", lock.read_text(), re.MULTILINE):
            yield f"{lock.name} names an address or an option; it may hold pins and hashes only."
        for pin in pins(lock):
            if not pin.hashes:
                yield f"{lock.name} has no hash for {pin.requirement}."
            if _version(pin) not in everything:
                yield f"{lock.name} pins {pin.requirement}, and dev.txt does not."


def _version(pin: Pin) -> str:
    # Without the marker: more packages may want one on more platforms.
    return f"{pin.requirement.name}{pin.requirement.specifier}"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--upgrade", action="store_true")
    options = parser.parse_args()
    if not options.check:
        write(upgrade=options.upgrade)
    found = list(faults())
    print("\n".join(found) or "The locks belong to pyproject.toml.")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
