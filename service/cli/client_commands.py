"""The commands that talk to a running service: what they ask is asked by `gradclinic`, the client for everybody."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.endings import Status, end

if TYPE_CHECKING:
    from rich.console import Console

    from gradclinic import Client, Job


def _address() -> str:
    from gradclinic.address import address  # noqa: PLC0415 (the client brings httpx: not for --help)

    return address()


Url = Annotated[
    str,
    typer.Option(
        "--url",
        envvar="GRADCLINIC_URL",
        default_factory=_address,
        show_default="http://127.0.0.1:8000",
        help="The service's address.",
    ),
]
Key = Annotated[str | None, typer.Option("--key", envvar="GRADCLINIC_API_KEY", help="An API key of the service.")]
Watch = Annotated[bool, typer.Option("--watch", help="Show its progress, then its report.")]
# People look at it: they ask again themselves.
_PATIENCE_SECONDS = 5.0
_EPILOG = "Exit status: 0 the job succeeded, 1 it failed or was cancelled, 3 no service answers, 4 it refused."


def register(app: typer.Typer) -> None:
    """Adds the commands to `app`."""
    for command in (submit, preflight, watch, report, demo):
        app.command(epilog=_EPILOG)(command)


def submit(
    file: Annotated[str, typer.Argument(help="An experiment as JSON; - reads it from standard input.")],
    url: Url,
    key: Key = None,
    follow: Watch = False,
) -> None:
    """Send an experiment to be trained."""
    body = _read(file)
    with _client(url, key) as client:
        job = client.submit(body)
        typer.echo(f"{job.id}\n  {client.url}/v1/jobs/{job.id}\n  {job.page}")
        if follow:
            _watch(job)


def preflight(
    file: Annotated[str, typer.Argument(help="An experiment as JSON; - reads it from standard input.")],
    url: Url,
    key: Key = None,
) -> None:
    """Show what would be trained and what it takes, without training it."""
    from service.cli import preflight as look  # noqa: PLC0415

    body = _read(file)
    with _client(url, key) as client:
        told = client.preflight(body)
    look.show(_console(), told)
    if not told["admission"]["admitted"]:
        raise end(Status.REFUSED)


def watch(job_id: str, url: Url, key: Key = None) -> None:
    """Show the progress of a job until it ends, then its report."""
    with _client(url, key) as client:
        _watch(client.job(job_id))


def report(job_id: str, url: Url, key: Key = None) -> None:
    """Show what a job came to so far."""
    from service.cli import report as reports  # noqa: PLC0415 (rich: only where tables are drawn)

    with _client(url, key) as client:
        job = client.job(job_id)
        reports.report(_console(), job.document, job.page)


def demo(
    url: Url,
    names: Annotated[list[str] | None, typer.Argument(help="Examples by name; all of them unless given.")] = None,
    key: Key = None,
) -> None:
    """Train the examples and show what they suffer from and what cures them, on a service of its own if none runs."""
    from service.cli import demo as show  # noqa: PLC0415 (starts servers; the other commands do without)

    chosen = show.examples()
    if unknown := set(names or ()) - set(chosen):
        raise end(Status.FAILED, f"No example is called {', '.join(sorted(unknown))}; there are {', '.join(chosen)}.")
    chosen = {name: chosen[name] for name in names or chosen}
    with show.service(url, key) as (address, its_key), _client(address, its_key) as client:
        if not show.run(client, chosen, _console()):
            raise end(Status.FAILED, "Not every example was trained to its end.")


def _watch(job: "Job") -> None:
    from gradclinic.progress import displayed  # noqa: PLC0415
    from service.cli import report as reports  # noqa: PLC0415

    console = _console()
    with displayed(console) as display:
        job.watch(display.add(job.name or job.id))
    reports.report(console, job.document, job.page)
    if job.state != "succeeded":
        raise end(Status.FAILED)


@contextmanager
def _client(url: str, key: str | None) -> Iterator["Client"]:
    from gradclinic import Client, Refused, Unreachable  # noqa: PLC0415

    try:
        with Client(url, key, patience=_PATIENCE_SECONDS) as client:
            yield client
    except Unreachable as error:
        raise end(Status.UNREACHABLE, str(error)) from error
    except Refused as error:
        raise end(Status.REFUSED, *error.lines()) from error
    except KeyboardInterrupt as error:
        raise end(Status.INTERRUPTED, "The job goes on; `gradclinic watch` shows it again.") from error


def _console() -> "Console":
    from rich.console import Console  # noqa: PLC0415

    # Not wrapped where nobody looks: a log or a pipe has no width.
    return Console() if sys.stdout.isatty() else Console(width=240, no_color=True)


def _read(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise end(Status.FAILED, f"{file}: {error.strerror}") from error
