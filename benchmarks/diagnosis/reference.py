"""The reference runs that labels rest on: three seeds of every case, against the bar that tells learning from not.

Where a label blames the learning rate, also three with another one, which have to reach the bar.
"""

import hashlib
import json
from math import isfinite
from typing import Any

from benchmarks.diagnosis.case import Bar, Case
from benchmarks.diagnosis.catalogue import BY_NAME, CASES
from benchmarks.diagnosis.ending import ending
from benchmarks.diagnosis.train import on_every_core, trained

SEEDS = range(3)


def run() -> list[dict[str, Any]]:
    """A row for each case: its endings, and `missed` where they say other than its label."""
    asked = [(case.name, rate) for case in CASES for rate in (1.0, case.rate) if rate is not None]
    return [_row(*each) for each in zip(asked, on_every_core(_endings, asked), strict=True)]


def _endings(asked: tuple[str, float]) -> list[dict[str, float]]:
    name, rate = asked
    runs = [BY_NAME[name].run(seed, rate) for seed in SEEDS]
    return [ending(trained(run), run) for run in runs]


def _row(asked: tuple[str, float], endings: list[dict[str, float]]) -> dict[str, Any]:
    name, rate = asked
    case = BY_NAME[name]
    return {
        "case": name,
        "experiment": digest(case),
        "times the learning rate": rate,
        "bar": told(case.bar),
        "reached": [_short(end[case.bar.metric]) for end in endings] if case.bar else None,
        "loss": [_short(end["loss"]) for end in endings],
        "missed": "" if confirms(case, rate, endings) else "the label",
    }


def confirms(case: Case, rate: float, endings: list[dict[str, float]]) -> bool:
    """Whether the runs ended as the label says: over the bar where it is healthy or cured, under it where sick."""
    if case.bar is None:
        return True
    over = [case.bar.reached(end[case.bar.metric]) for end in endings]
    return all(over) if case.healthy or rate != 1.0 else not any(over)


def digest(case: Case) -> str:
    """Tells whether a case is still the one that was run."""
    return hashlib.sha256(json.dumps(case.body, sort_keys=True).encode()).hexdigest()[:12]


def told(bar: Bar | None) -> str:
    """A bar for people."""
    if bar is None:
        return ""
    sign = "≥" if bar.metric.endswith("accuracy") else "≤"
    return f"{bar.metric} {sign} {bar.value:g}"


def _short(number: float) -> float | None:
    return round(number, 4) if isfinite(number) else None
