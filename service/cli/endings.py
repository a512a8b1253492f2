"""How a command ends: a sentence for people, a status for scripts, never a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from service.errors import DomainError


class Status(IntEnum):
    """Exit statuses; 2 is the shell's own for wrong usage."""

    FAILED = 1
    """The job failed or was cancelled, or the service could not run."""
    UNREACHABLE = 3
    """No service answers at the address."""
    REFUSED = 4
    """The service refused the request."""
    INTERRUPTED = 130
    """Ctrl-C."""


def end(status: Status, *lines: str) -> typer.Exit:
    """What to raise, after `lines` were written to standard error."""
    for line in lines:
        typer.echo(line, err=True)
    return typer.Exit(status)


@contextmanager
def told() -> Iterator[None]:
    """Ends the command with a sentence where its service cannot run."""
    try:
        yield
    except ValidationError as error:
        raise end(Status.FAILED, *map(_setting, error.errors(include_url=False, include_input=False))) from error
    except DomainError as error:
        raise end(Status.FAILED, error.detail) from error
    except ValueError as error:  # a setting that only its user can read: a database URL, a rate limit
        raise end(Status.FAILED, str(error)) from error
    except OSError as error:
        raise end(
            Status.FAILED, f"{error.strerror or error}: {error.filename}" if error.filename else str(error)
        ) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(Status.INTERRUPTED) from error


def _setting(fault: ErrorDetails) -> str:
    name = "_".join(map(str, fault["loc"])).upper()
    return f"GRADCLINIC_{name}: {fault['msg']}"
