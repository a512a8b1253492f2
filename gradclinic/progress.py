"""Shows jobs while they run: bars on a terminal and in a notebook, a few plain lines anywhere else."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console

from gradclinic.events import Event
from gradclinic.terminal import Bars, Plain, progress


class Display(Protocol):
    """Where the progress of jobs is shown."""

    def add(self, name: str) -> "Line":
        """A line for one more job."""


class Line(Protocol):
    """The progress of one job."""

    def show(self, event: Event) -> None:
        """Takes in what happened."""


@contextmanager
def displayed(console: Console | None = None) -> Iterator[Display]:
    """The display that fits the console; without one, that of the notebook or of standard error."""
    if console is None and _in_notebook():
        from gradclinic.notebook import Cell  # noqa: PLC0415 (IPython: there in a notebook, and nowhere else for sure)

        yield Cell()
        return
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield Plain(console)
        return
    with progress(console) as bars:
        yield Bars(bars)


def _in_notebook() -> bool:
    """Whether somebody looks at this through a kernel, and not at a terminal."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")
