"""What people see of a job that has ended: tables that fit."""

import io
from typing import Any

import pytest
from rich.console import Console

from service.cli import report

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


def _console() -> tuple[Console, io.StringIO]:
    written = io.StringIO()
    return Console(file=written, force_terminal=False, width=140, color_system=None), written


def test_a_report_names_the_layers_the_step_and_the_remedies() -> None:
    console, written = _console()
    report.report(console, _JOB, "http://x/ui/jobs/job_1")
    told = written.getvalue()
    assert "deep: succeeded, vanishing_gradient" in told
    assert "loss 2.3   validation loss 2.31   validation accuracy 0.1" in told
    assert "00 linear … 04 linear (3)" in told
    assert "activation relu; batch_norm" in told
    assert "The signal is lost. [not markup]" in told
    assert "http://x/ui/jobs/job_1" in told


def test_a_failed_job_says_why() -> None:
    console, written = _console()
    failed = _JOB | {
        "state": "failed",
        "result": None,
        "error": {"title": "Worker lost", "detail": "Out of memory."},
        "diagnosis": {"verdict": None, "findings": []},
    }
    report.report(console, failed, "")
    assert "deep: failed, no verdict\n  Out of memory.\n" in written.getvalue()


def test_two_runs_stand_side_by_side() -> None:
    console, written = _console()
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
