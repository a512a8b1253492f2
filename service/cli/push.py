"""The command that sends jobs to the trackers of others."""

from contextlib import closing
from typing import Annotated

import typer

from service.cli.client_commands import Key, Url
from service.cli.endings import Status, end

_EPILOG = (
    "Exit status: 0 every job is there, 1 one has not ended, 3 a server does not answer, 4 one refused. "
    "A job that was pushed before is left as it is."
)
_PATIENCE_SECONDS = 5.0
_OFF = (
    "Where to? Set GRADCLINIC_MLFLOW_TRACKING_URI to the address of an MLflow server, such as http://127.0.0.1:5000, "
    "or name it by --to."
)


def register(app: typer.Typer) -> None:
    """Adds the commands to `app`."""
    trackers = typer.Typer(help="Send jobs to experiment trackers.", no_args_is_help=True)
    trackers.command("mlflow", epilog=_EPILOG)(mlflow)
    app.add_typer(trackers, name="push")


def mlflow(
    job_ids: Annotated[list[str], typer.Argument(metavar="JOB_ID...", help="Jobs that have ended.")],
    url: Url,
    key: Key = None,
    to: Annotated[
        str, typer.Option("--to", envvar="GRADCLINIC_MLFLOW_TRACKING_URI", help="The address of the MLflow server.")
    ] = "",
    token: Annotated[
        str | None, typer.Option(envvar="GRADCLINIC_MLFLOW_TRACKING_TOKEN", help="A bearer token of that server.")
    ] = None,
    experiment: Annotated[
        str, typer.Option(envvar="GRADCLINIC_MLFLOW_EXPERIMENT", help="The MLflow experiment, made if need be.")
    ] = "gradclinic",
    max_points: Annotated[
        int, typer.Option(min=1, max=5000, help="Most points of a metric; spikes are kept, NaN are counted.")
    ] = 200,
) -> None:
    """Make runs of jobs on an MLflow server: parameters, metrics of every layer, verdict and findings."""
    if not to:
        raise end(Status.FAILED, _OFF)
    # The client brings httpx, the numbers numpy: not for --help.
    from gradclinic import Client, Refused, Unreachable  # noqa: PLC0415
    from service.cli.mlflow.push import NotEnded, push  # noqa: PLC0415
    from service.cli.mlflow.server import NoServer, Server, ServerRefused  # noqa: PLC0415

    try:
        with Client(url, key, patience=_PATIENCE_SECONDS) as client, closing(Server(to, token)) as server:
            for job_id in job_ids:
                pushed = push(client.job(job_id), server, experiment, max_points)
                told = f"{pushed.numbers:,} numbers" if pushed.new else "is there already"
                typer.echo(f"{job_id}: {told}\n  {pushed.url}")
    except (NoServer, Unreachable) as error:
        raise end(Status.UNREACHABLE, str(error)) from error
    except Refused as error:
        raise end(Status.REFUSED, *error.lines()) from error
    except ServerRefused as error:
        raise end(Status.REFUSED, str(error)) from error
    except NotEnded as error:
        raise end(Status.FAILED, str(error)) from error
    except KeyboardInterrupt as error:
        raise end(Status.INTERRUPTED, "Push it again: it goes on where it was.") from error
