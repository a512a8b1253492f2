"""The commands that are the service."""

import os
import sys
from typing import Annotated

import typer

from service.cli.endings import Status, end, told

_READY = """
  Gradient Clinic is ready.

    API         {url}            reference: {url}/docs
    Dashboard   {url}/ui/
    Data        {data}
    Stop        Ctrl-C
"""
_GRACE_SECONDS = 2


def register(app: typer.Typer) -> None:
    """Adds the commands to `app`."""
    database = typer.Typer(help="The database.", no_args_is_help=True)
    database.command("upgrade")(upgrade)
    app.command()(up)
    app.command()(api)
    app.command()(worker)
    app.add_typer(database, name="db")


def up() -> None:
    """Run the whole service on this machine until Ctrl-C: broker, database, worker and API.

    Settings are environment variables: GRADCLINIC_PORT, GRADCLINIC_HOST, GRADCLINIC_DATA_DIR, GRADCLINIC_DEVICE …
    """
    # These imports take most of a second; the client's commands do without them.
    from service import logs  # noqa: PLC0415
    from service.settings import Settings  # noqa: PLC0415
    from service.supervisor import supervisor  # noqa: PLC0415

    with told():
        settings = Settings()
        logs.configure(settings.log_format)
        data = settings.data_dir.resolve()
        supervisor.up(settings, announce=lambda url: typer.echo(_READY.format(url=url, data=data)))


def api(descriptor: Annotated[int | None, typer.Option(hidden=True)] = None) -> None:
    """Run the API alone."""
    # uvicorn and FastAPI: as above.
    import socket  # noqa: PLC0415

    import uvicorn  # noqa: PLC0415

    from service import logs  # noqa: PLC0415
    from service.api.app import create_app  # noqa: PLC0415
    from service.settings import Settings  # noqa: PLC0415
    from service.supervisor.listener import listen  # noqa: PLC0415

    with told():
        settings = Settings()
        logs.configure(settings.log_format)
        settings.refuse_insecure_binding()
        listener = listen(settings.host, settings.port) if descriptor is None else socket.socket(fileno=descriptor)
        config = uvicorn.Config(
            create_app(settings),
            log_config=None,
            # A dashboard asks every second; a console is for people.
            access_log=settings.log_format == "json",
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        uvicorn.Server(config).run(sockets=[listener])


def worker(
    health: Annotated[bool, typer.Option("--health", help="Only say whether a worker of this host is alive.")] = False,
) -> None:
    """Run one worker: it trains one job at a time."""
    if health:
        _report_health()
        return
    from service.settings import Settings  # noqa: PLC0415

    with told():
        Settings()
    # Named by its module: `service` never imports the worker. Replaced, not started: signals need no forwarding.
    os.execv(sys.executable, [sys.executable, "-P", "-m", "worker"])  # noqa: S606 (there is no shell)


def upgrade() -> None:
    """Bring the database to the schema of this release."""
    from service import logs  # noqa: PLC0415
    from service.settings import Settings  # noqa: PLC0415
    from service.store import migrate  # noqa: PLC0415

    with told():
        settings = Settings()
        logs.configure(settings.log_format)
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        migrate.upgrade(settings.database)


def _report_health() -> None:
    from service.jobs import signs  # noqa: PLC0415
    from service.settings import Settings  # noqa: PLC0415

    with told():
        settings = Settings()
        silence = signs.silence(settings.data_dir)
        if silence is None or silence > max(settings.lease_seconds, 3 * settings.heartbeat_seconds):
            raise end(Status.FAILED, "No worker of this host was heard of lately.")
        typer.echo(f"A worker of this host was heard of {silence:.0f} seconds ago.")
