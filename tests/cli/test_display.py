"""What people see: bars on a terminal, plain lines elsewhere, tables that fit."""

import io
from typing import Any

import pytest
from rich.console import Console

from service.cli import report
from service.cli.clinic import Event
from service.cli.progress import displayed

_FINDING = {
    "severity": "critical",
    "rule": "vanishing_gradient",
    "cause": "activation",
    "layers": ["00 linear", "02 linear", "04 linear"],
    "first_step": 0,
    "explanation": "The signal is lost. [not markup]",
    "remedies": [{"kind": "activation", "function": "relu"}, {"kind": "batch_norm"}],
}
_JOB: dict[str, Any] = {
    "id": "job_1",
    "name": "deep",
    "state": "succeeded",
    "diagnosis": {"verdict": "vanishing_gradient", "findings": [_FINDING]},
    "result": {"loss": 2.3, "accuracy": None, "validation_loss": 2.31, "validation_accuracy": 0.1},
    "experiment": {"remedies": [{"kind": "optimizer", "name": "adam", "lr": 0.001}]},
}
_EVENTS = [
    Event("state", {"state": "running", "attempt": 1}),
    Event("progress", {"step": 5, "total_steps": 10, "steps_per_second": 1234.5}),
    Event("finding", _FINDING),
    Event("finding", _FINDING | {"withdrawn": True}),
    Event("done", {"state": "succeeded", "verdict": "vanishing_gradient"}),
]


def _console(*, terminal: bool) -> tuple[Console, io.StringIO]:
    written = io.StringIO()
    return Console(file=written, force_terminal=terminal, width=140, color_system=None), written


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
def test_progress_is_shown(terminal: bool) -> None:
    console, written = _console(terminal=terminal)
    with displayed(console) as display:
        line = display.add("deep [b]")
        for event in _EVENTS:
            line.show(event)
    told = written.getvalue()
    assert "deep [b]" in told
    assert ("\x1b" in told) is terminal
    if terminal:
        assert "5/10" in told
        assert "vanishing_gradient" in told
    else:
        assert told.splitlines() == [
            "deep [b]: running",
            "deep [b]: step 5 of 10",
            "deep [b]: critical: vanishing_gradient (activation)",
            "deep [b]: no longer: vanishing_gradient (activation)",
        ]


def test_a_report_names_the_layers_the_step_and_the_remedies() -> None:
    console, written = _console(terminal=False)
    report.report(console, _JOB, "http://x/ui/jobs/job_1")
    told = written.getvalue()
    assert "deep: succeeded, vanishing_gradient" in told
    assert "loss 2.3   validation loss 2.31   validation accuracy 0.1" in told
    assert "00 linear … 04 linear (3)" in told
    assert "activation relu; batch_norm" in told
    assert "The signal is lost. [not markup]" in told
    assert "http://x/ui/jobs/job_1" in told


def test_a_failed_job_says_why() -> None:
    console, written = _console(terminal=False)
    failed = _JOB | {
        "state": "failed",
        "result": None,
        "error": {"title": "Worker lost", "detail": "Out of memory."},
        "diagnosis": {"verdict": None, "findings": []},
    }
    report.report(console, failed, "")
    assert "deep: failed, no verdict\n  Out of memory.\n" in written.getvalue()


def test_two_runs_stand_side_by_side() -> None:
    console, written = _console(terminal=False)
    cured = _JOB | {"diagnosis": {"verdict": "healthy", "findings": []}, "result": _JOB["result"] | {"accuracy": 0.9}}
    report.compare(console, _JOB, cured)
    rows = [line.split() for line in written.getvalue().splitlines()]
    assert ["verdict", "vanishing_gradient", "healthy"] in rows
    assert ["accuracy", "not", "finite", "0.9"] in rows
    assert "optimizer adam 0.001" in written.getvalue()


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"kind": "learning_rate", "lr": 0.1, "factor": None}, "learning_rate 0.1"),
        ({"kind": "learning_rate", "lr": None, "factor": 0.1}, "learning_rate × 0.1"),
        ({"kind": "residual", "project": True}, "residual project"),
        ({"kind": "residual", "project": False}, "residual"),
    ],
)
def test_a_remedy_is_told_by_what_it_sets(spec: dict[str, Any], told: str) -> None:
    assert report.remedy(spec) == told
