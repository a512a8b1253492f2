"""Trains the examples and shows what they suffer from and what cures them."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import typer
from rich.console import Console

from gradclinic import Client
from gradclinic.progress import displayed
from service.cli.endings import Status, end, told
from service.cli.report import compare, report
from service.errors import AddressInUse
from service.supervisor.kinship import dies_with_us
from service.supervisor.listener import listen, url

CURED = "-cured"
# Beside this module in an installed wheel, at the top of a source checkout.
_PLACES = (Path(__file__).parent / "examples", Path(__file__).parents[2] / "examples")
_START_SECONDS = 180.0
_STOP_SECONDS = 30.0


def run(client: Client, chosen: Mapping[str, Path], console: Console) -> bool:
    """Trains the chosen examples and tells what came of them; whether all of them succeeded."""
    jobs = {name: client.submit(path) for name, path in chosen.items()}
    with displayed(console) as display:
        lines = {name: display.add(job.name or name) for name, job in jobs.items()}
        for name, job in jobs.items():
            job.watch(lines[name])
    for name, job in jobs.items():
        if not name.endswith(CURED):
            console.print()
            report(console, job.document, job.page)
            if name + CURED in jobs:
                console.print()
                compare(console, job.document, jobs[name + CURED].document)
    console.print(f"\nDashboard: {client.url}/ui/", markup=False, highlight=False)
    return all(job.state == "succeeded" for job in jobs.values())


def examples() -> dict[str, Path]:
    """The experiments that come with Gradient Clinic, by name. Raises `FileNotFoundError` where there are none."""
    for place in _PLACES:
        found = {path.stem: path for path in sorted(place.glob("*.json"), key=lambda path: path.stem)}
        if found:
            return found
    raise FileNotFoundError(f"No examples in {' or '.join(map(str, _PLACES))}.")


@contextlib.contextmanager
def service(address: str, key: str | None) -> Iterator[tuple[str, str | None]]:
    """The address and the key of a service: the one at `address`, or one of our own until the block ends."""
    with Client(address, key) as client:
        if client.ready():
            yield address, key
            return
    # Only where a service has to be started.
    from service.settings import Settings  # noqa: PLC0415

    with told():
        settings = Settings()
        port, own = _free(settings.host, settings.port)
    key = key or next((each.get_secret_value() for each in settings.api_keys), None)
    with _up(own, port):
        yield own, key
    typer.echo(f"That service has ended; its jobs are kept in {settings.data_dir.resolve()}. `make run` shows them.")


def _free(host: str, port: int) -> tuple[int, str]:
    try:
        listener = listen(host, port)
    except AddressInUse:
        listener = listen(host, 0)
    with contextlib.closing(listener):
        return listener.getsockname()[1], url(listener)


@contextlib.contextmanager
def _up(address: str, port: int) -> Iterator[None]:
    typer.echo("Starting a Gradient Clinic for this demo.")
    # Its log would tear the progress bars apart.
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "service.cli", "up"],
            env={**os.environ, "GRADCLINIC_PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=dies_with_us(),  # noqa: PLW1509 (this process has one thread)
        )
        try:
            _wait(address, process, log)
            yield
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)


def _wait(address: str, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    with Client(address) as client:
        while not client.ready():
            if process.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                raise end(Status.FAILED, log.read().decode(errors="replace").strip())
            time.sleep(0.05)
