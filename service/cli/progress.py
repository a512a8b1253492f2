"""Shows a job while it runs: bars on a terminal, a few plain lines anywhere else."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from service.cli.clinic import Clinic, Event, Json
from service.cli.follow import follow

_QUIET_SECONDS = 5.0


class Display(Protocol):
    """Where the progress of jobs is shown."""

    def add(self, name: str) -> "Line":
        """A line for one more job."""


class Line(Protocol):
    """The progress of one job."""

    def show(self, event: Event) -> None:
        """Takes in what happened."""


def watch(clinic: Clinic, job: Json, line: Line) -> Json:
    """The job once it has ended, its progress shown on the way. Raises `Refused` or `Unreachable`."""
    for event in follow(clinic, job["id"]):
        line.show(event)
    return clinic.job(job["id"])


@contextmanager
def displayed(console: Console) -> Iterator[Display]:
    """The display that fits the console."""
    if not console.is_terminal:
        yield _Plain(console)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}", markup=False),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[state]}", markup=False),
    )
    with Progress(*columns, console=console, expand=True) as bars:
        yield _Bars(bars)


class _Bars:
    def __init__(self, bars: Progress) -> None:
        self._bars = bars

    def add(self, name: str) -> "_Bar":
        return _Bar(self._bars, self._bars.add_task(name, total=None, state="queued", pace=""))


class _Bar:
    def __init__(self, bars: Progress, task: TaskID) -> None:
        self._bars = bars
        self._task = task

    def show(self, event: Event) -> None:
        if event.name == "progress":
            pace = event.data.get("steps_per_second")
            self._bars.update(
                self._task,
                completed=event.data["step"],
                total=event.data["total_steps"],
                pace=f"{pace:,.0f} steps/s" if pace else "",
            )
        elif event.name == "state":
            self._bars.update(self._task, state=event.data["state"])
        elif event.name == "done":
            self._bars.update(self._task, state=event.data["verdict"] or event.data["state"])


class _Plain:
    def __init__(self, console: Console) -> None:
        self._console = console

    def add(self, name: str) -> "_Lines":
        return _Lines(self._console, name)


class _Lines:
    def __init__(self, console: Console, name: str) -> None:
        self._console = console
        self._name = name
        self._next = 0.0

    def show(self, event: Event) -> None:
        match event.name:
            case "state":
                self._say(event.data["state"])
            case "finding" if event.data.get("withdrawn"):
                self._say(f"no longer: {event.data['rule']} ({event.data['cause']})")
            case "finding":
                self._say(f"{event.data['severity']}: {event.data['rule']} ({event.data['cause']})")
            case "progress" if time.monotonic() >= self._next and event.data["step"]:
                self._next = time.monotonic() + _QUIET_SECONDS
                self._say(f"step {event.data['step']} of {event.data['total_steps']}")

    def _say(self, text: str) -> None:
        self._console.print(f"{self._name}: {text}", markup=False, highlight=False, soft_wrap=True)
