"""The files by which the processes of a worker, its supervisor and a container's health check understand each other."""

import os
import time
from pathlib import Path


def run_dir(data_dir: Path) -> Path:
    """What exists only while the service runs."""
    return data_dir.resolve() / "run"


def alive_file(data_dir: Path, worker_id: str) -> Path:
    """Touched at every heartbeat of the worker, for the first time when it can take jobs."""
    return run_dir(data_dir) / f"{worker_id}.alive"


def drain_file(data_dir: Path, worker_id: str) -> Path:
    """While it is there, the worker's training process hands its job back and takes no other."""
    return run_dir(data_dir) / f"{worker_id}.drain"


def find_alive_file(data_dir: Path, pid: int) -> Path | None:
    """The file of the worker whose process is `pid` on this host, once there is one."""
    return next(run_dir(data_dir).glob(f"{pid}-*@{os.uname().nodename}.alive"), None)


def silence(data_dir: Path) -> float | None:
    """Seconds since the last sign of life of any worker of this host; None where there is no worker."""
    changed = [path.stat().st_mtime for path in run_dir(data_dir).glob(f"*@{os.uname().nodename}.alive")]
    return time.time() - max(changed) if changed else None
