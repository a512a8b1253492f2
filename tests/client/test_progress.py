"""Progress as people see it: bars on a terminal, HTML in a notebook, plain lines elsewhere."""

import io
from typing import Any

import pytest
from rich.console import Console

from gradclinic import notebook
from gradclinic.events import Event
from gradclinic.progress import displayed

_FINDING = {"severity": "critical", "rule": "vanishing_gradient", "cause": "activation"}
_EVENTS = [
    Event("state", {"state": "running", "attempt": 1}),
    Event("progress", {"step": 5, "total_steps": 10, "steps_per_second": 1234.5}),
    Event("finding", _FINDING),
    Event("finding", _FINDING | {"withdrawn": True}),
    Event("done", {"state": "succeeded", "verdict": "vanishing_gradient"}),
]


def _written(*, terminal: bool) -> str:
    written = io.StringIO()
    console = Console(file=written, force_terminal=terminal, width=140, color_system=None)
    with displayed(console) as display:
        line = display.add("deep [b]")
        for event in _EVENTS:
            line.show(event)
    return written.getvalue()


def test_a_terminal_shows_a_bar() -> None:
    told = _written(terminal=True)
    assert "\x1b" in told
    for words in ("deep [b]", "5/10", "1,234 steps/s", "vanishing_gradient"):
        assert words in told


def test_a_pipe_gets_lines() -> None:
    assert _written(terminal=False).splitlines() == [
        "deep [b]: running",
        "deep [b]: step 5 of 10",
        "deep [b]: critical: vanishing_gradient (activation)",
        "deep [b]: no longer: vanishing_gradient (activation)",
    ]


def test_without_a_console_it_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with displayed() as display:
        display.add("deep").show(_EVENTS[0])
    assert capsys.readouterr() == ("", "deep: running\n")


class _Output:
    """What a notebook shows: the same output, written over."""

    def __init__(self) -> None:
        self.html: list[str] = []

    def __call__(self, shown: Any, *, display_id: bool) -> "_Output":
        assert display_id
        self.update(shown)
        return self

    def update(self, shown: Any) -> None:
        self.html.append(shown._repr_html_())


def test_a_notebook_shows_a_bar_that_is_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    output = _Output()
    monkeypatch.setattr(notebook, "display", output)
    bar = notebook.Cell().add("deep <b>")
    for event in _EVENTS:
        bar.show(event)
    assert "<progress style" in output.html[0]
    assert "queued" in output.html[0]
    running = output.html[2]
    assert 'deep &lt;b&gt; <progress value="5" max="10"' in running
    assert "5 of 10 steps 1,234 steps/s <b>running</b>" in running
    assert output.html[-1].count("vanishing_gradient") == 3
    assert repr(bar).startswith("deep <b>: 5 of 10 steps vanishing_gradient\n  critical: ")


def test_a_notebook_is_not_redrawn_at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    output = _Output()
    monkeypatch.setattr(notebook, "display", output)
    monkeypatch.setattr(notebook, "_PAUSE_SECONDS", 3600.0)
    bar = notebook.Cell().add("deep")
    for step in range(100):
        bar.show(Event("progress", {"step": step, "total_steps": 100}))
    bar.show(Event("done", {"state": "cancelled", "verdict": None}))
    assert len(output.html) == 3
    assert "99 of 100 steps" in output.html[-1]
    assert "cancelled" in output.html[-1]
