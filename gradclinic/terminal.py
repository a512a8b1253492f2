"""Bars on a terminal, and a few plain lines where nobody looks."""

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from gradclinic.events import Event
from gradclinic.wording import pace, told

_QUIET_SECONDS = 5.0


def progress(console: Console) -> Progress:
    """What draws the bars."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}", markup=False),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[state]}", markup=False),
    )
    return Progress(*columns, console=console, expand=True)


class Bars:
    """A bar for each job."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars

    def add(self, name: str) -> "Bar":
        """A bar for one more job."""
        return Bar(self._bars, self._bars.add_task(name, total=None, state="queued", pace=""))


class Bar:
    """The bar of one job."""

    def __init__(self, bars: Progress, task: TaskID) -> None:
        self._bars = bars
        self._task = task

    def show(self, event: Event) -> None:
        """Takes in what happened."""
        if event.name == "progress":
            done, total = event.data["step"], event.data["total_steps"]
            self._bars.update(self._task, completed=done, total=total, pace=pace(event))
        elif event.name == "state":
            self._bars.update(self._task, state=event.data["state"])
        elif event.name == "done":
            self._bars.update(self._task, state=event.data["verdict"] or event.data["state"])


class Plain:
    """Lines that begin with the name of their job."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def add(self, name: str) -> "Lines":
        """Lines of one more job."""
        return Lines(self._console, name)


class Lines:
    """The lines of one job."""

    def __init__(self, console: Console, name: str) -> None:
        self._console = console
        self._name = name
        self._next = 0.0

    def show(self, event: Event) -> None:
        """Takes in what happened."""
        match event.name:
            case "state":
                self._say(event.data["state"])
            case "finding":
                self._say(told(event))
            case "progress" if time.monotonic() >= self._next and event.data["step"]:
                self._next = time.monotonic() + _QUIET_SECONDS
                self._say(f"step {event.data['step']} of {event.data['total_steps']}")

    def _say(self, text: str) -> None:
        self._console.print(f"{self._name}: {text}", markup=False, highlight=False, soft_wrap=True)
