"""Servers as child processes that cannot outlive the tests."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

_START_SECONDS = 30
# Becomes the server: under another account where one is given, and interrupted by the kernel when its parent dies,
# however that happens.
_LAUNCH = """
import ctypes, os, pwd, signal, sys
account, command = sys.argv[1], sys.argv[2:]
if account:
    entry = pwd.getpwnam(account)
    os.setgroups([]), os.setgid(entry.pw_gid), os.setuid(entry.pw_uid)
if sys.platform == "linux":
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
os.execv(command[0], command)
"""


@contextlib.contextmanager
def server_directory(prefix: str) -> Iterator[Path]:
    """A folder with a path short enough for sockets, that others may enter but not list; removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix=f"gc-{prefix}-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def started(
    command: Sequence[str], *, ready: Callable[[], bool], folder: Path, account: str | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """The running server, once `ready()`; interrupted at the end. Its output goes to `folder`/log."""
    with (folder / "log").open("ab") as log:
        server = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _LAUNCH, account or "", *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            process_group=0,
        )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not ready():
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} did not start:\n{(folder / 'log').read_text(errors='replace')}")
            time.sleep(0.005)
        yield server
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def package_folder(name: str) -> Path:
    """Where an installed package lies, found without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"No package {name}: install the test dependencies.")
    return Path(spec.origin).parent


def unprivileged() -> str | None:
    """An account to run servers under that refuse to run as root; None where we are not root."""
    if os.geteuid() != 0:
        return None
    return next(name for name in ("nobody", "daemon") if _exists(name))


def readable_by_others(folder: Path) -> bool:
    """Whether every account may enter `folder`."""
    return all(parent.stat().st_mode & 0o005 == 0o005 for parent in (folder, *folder.parents))


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
