"""Progress in a notebook: a line of HTML for each job, written over as the job goes on. Needs no widgets."""

import time
from html import escape
from typing import Any

from IPython.display import display

from gradclinic.events import Event
from gradclinic.wording import pace, told

# A page that is drawn anew more often flickers.
_PAUSE_SECONDS = 0.2


class Cell:
    """The output of the cell that runs."""

    def add(self, name: str) -> "Bar":
        """A line for one more job."""
        return Bar(name)


class Bar:
    """The progress of one job."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._state = "queued"
        self._pace = ""
        self._step, self._steps = 0, 0
        self._findings: list[str] = []
        self._next = 0.0
        self._handle: Any = display(self, display_id=True)  # type: ignore[no-untyped-call]

    def show(self, event: Event) -> None:
        """Takes in what happened."""
        match event.name:
            case "state":
                self._state = event.data["state"]
            case "progress":
                self._step, self._steps, self._pace = event.data["step"], event.data["total_steps"], pace(event)
            case "finding":
                self._findings.append(told(event))
            case "done":
                self._state, self._pace = event.data["verdict"] or event.data["state"], ""
        if event.name != "progress" or time.monotonic() >= self._next:
            self._next = time.monotonic() + _PAUSE_SECONDS
            self._handle.update(self)

    def __repr__(self) -> str:
        """For consoles that show no HTML."""
        return "\n  ".join([f"{self._name}: {self._far()} {self._state}", *self._findings])

    def _repr_html_(self) -> str:
        value = f' value="{self._step}" max="{self._steps}"' if self._steps else ""
        words = f"{self._far()} {self._pace} <b>{escape(self._state)}</b>"
        findings = "".join(f"<br>{escape(each)}" for each in self._findings)
        return f'<div>{escape(self._name)} <progress{value} style="width: 16em"></progress> {words}{findings}</div>'

    def _far(self) -> str:
        return f"{self._step:,} of {self._steps:,} steps" if self._steps else ""
