"""A few of the cases for tuning, really trained: one of each rule, and some healthy ones."""

import json
from pathlib import Path

import pytest

from benchmarks.diagnosis.benchmark import examined
from benchmarks.diagnosis.catalogue import BY_NAME
from benchmarks.diagnosis.ending import ending
from service.diagnosis.profiles import OWN
from tests.diagnosis.traces import Story, run, trace

ROOT = Path(__file__).parents[2]
SICK = (
    "sigmoid-6-momentum", "relu-20-large", "exponential-4", "negative-biases", "tanh-5-saturated", "zero-std",
    "relu-diverges", "logistic-regression-crawls", "swinging-leaky-relu", "line-through-xor", "noisy-rings-by-heart",
    "softmax-under-cross-entropy", "raw-wines",
)  # fmt: skip
WELL = ("diabetes", "wines", "5-wide-tanh", "exclusive-or", "thirty-steps")


@pytest.mark.parametrize("name", SICK)
def test_the_sick_are_named_with_the_right_cause(name: str) -> None:
    assert BY_NAME[name].split == "tune"
    assert examined(name)[OWN].explains(BY_NAME[name])


@pytest.mark.parametrize("name", WELL)
def test_the_healthy_are_left_alone(name: str) -> None:
    assert BY_NAME[name].healthy
    assert not examined(name)[OWN].alarms


def test_every_rule_is_among_them() -> None:
    assert len({BY_NAME[name].verdicts[0] for name in SICK}) == 13


def test_a_run_ends_where_its_last_tenth_is() -> None:
    learns = run("tanh", 2, steps=100)
    end = ending(trace(learns, Story(loss=(2.0, 0.02))), learns)
    expected = [2.0 * 0.01 ** (step / 99) for step in range(90, 100)]
    assert end["loss"] == pytest.approx(sum(expected) / 10, rel=1e-6)


def test_the_page_shows_the_results() -> None:
    rows = json.loads((ROOT / "benchmarks/results/diagnosis.json").read_text(encoding="utf-8"))["rows"]
    page = (ROOT / "docs/diagnosis.md").read_text(encoding="utf-8")
    for row in rows:
        shown = " | ".join(row[column] for column in ("tool", "recall", "precision"))
        assert f"| {shown} |" in page
