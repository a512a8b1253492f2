"""Counting, against a slow and obvious version of it."""

from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from benchmarks.diagnosis import tables
from benchmarks.diagnosis.case import SCORE, TUNE, Bar, Case, healthy, sick
from benchmarks.diagnosis.opinion import TOOLS, Opinion, opinions
from benchmarks.diagnosis.score import Judged, Share, of_rule, score
from service.diagnosis.profiles import OWN
from tests.diagnosis.traces import Story, run, trace

RULES = ("vanishing_gradient", "dead_units", "overfitting")
CAUSES = ("initialization", "data")
SILENT = Opinion((), frozenset(), frozenset())


def a_case(rng: np.random.Generator, number: int) -> Case:
    split = TUNE if rng.random() < 0.5 else SCORE
    if rng.random() < 0.4:
        return healthy(str(number), split, Bar("loss", 1.0), "", {})
    verdicts = " ".join(rng.permutation(RULES)[: rng.integers(1, 3)])
    return sick(str(number), split, verdicts, str(rng.choice(CAUSES)), "", {})


def an_opinion(rng: np.random.Generator) -> Opinion:
    if rng.random() < 0.4:
        return SILENT
    said = tuple(str(name) for name in rng.permutation(RULES)[: rng.integers(1, 3)])
    return Opinion(said, frozenset(said), frozenset({str(rng.choice(CAUSES))}))


@pytest.fixture(params=range(5))
def judged(request: pytest.FixtureRequest) -> list[Judged]:
    rng = np.random.default_rng(request.param)
    return [(a_case(rng, number), an_opinion(rng)) for number in range(60)]


def test_a_score_is_counted_one_by_one(judged: list[Judged]) -> None:
    sick_ones = right = explained = well = frightened = alarms = 0
    for case, opinion in judged:
        alarms += opinion.alarms != ()
        if case.verdicts == ("healthy",):
            well += 1
            frightened += opinion.alarms != ()
            continue
        sick_ones += 1
        named = any(name in case.verdicts for name in opinion.verdicts)
        right += named
        explained += named and any(cause in case.causes for cause in opinion.causes)
    found = score(judged)
    assert found.recall == Share(right, sick_ones)
    assert found.precision == Share(right, alarms)
    assert found.cause == Share(explained, sick_ones)
    assert found.false_alarms == Share(frightened, well)


@pytest.mark.parametrize("rule", RULES)
def test_so_is_that_of_a_rule(judged: list[Judged], rule: str) -> None:
    own = right = spoken = rightly = 0
    for case, opinion in judged:
        if case.verdicts[0] == rule:
            own += 1
            right += any(name in case.verdicts for name in opinion.verdicts)
        if rule in opinion.verdicts:
            spoken += 1
            rightly += rule in case.verdicts
    found = of_rule(judged, rule)
    assert (found.recall, found.precision) == (Share(right, own), Share(rightly, spoken))


@pytest.mark.parametrize(("hits", "of"), [(0, 7), (3, 7), (7, 7), (95, 96), (1, 1000)])
def test_the_interval_ends_where_the_share_seen_is_1_96_deviations_off(hits: int, of: int) -> None:
    share = Share(hits, of)
    assert share.interval
    for end in share.interval:
        assert abs(hits / of - end) == pytest.approx(1.96 * sqrt(end * (1 - end) / of), rel=1e-3, abs=1e-12)
    assert share.interval[0] <= hits / of <= share.interval[1]


def test_of_nothing_there_is_no_share() -> None:
    assert (Share(0, 0).value, Share(0, 0).interval, str(Share(0, 0))) == (None, None, "–")
    assert str(Share(1, 2)) == "50.0 % (9.5 % to 90.5 %)"


def test_we_have_one_verdict_and_other_tools_all_of_theirs() -> None:
    lost = run("sigmoid", 20, steps=300)
    said = opinions(trace(lost, Story(loss=(2.4, 2.3), factor=0.2, update=1e-4, gradient=1e-9)), lost)
    assert set(said) == set(TOOLS)
    assert said[OWN].alarms == ("vanishing_gradient",)
    assert said[OWN].causes == {"activation"}
    assert {"VanishingGradient", "PoorWeightInitialization"} <= set(said["sagemaker_debugger"].alarms)
    assert "poor_initialization" in said["sagemaker_debugger"].verdicts


def test_the_tables_stand_between_the_markers(tmp_path: Path, judged: list[Judged]) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"above\n{tables.BEGIN}\nold\n{tables.END}\nbelow\n", encoding="utf-8")
    for _ in range(2):
        tables.write(dict.fromkeys(TOOLS, judged), page)
    written = page.read_text(encoding="utf-8")
    assert written.startswith(f"above\n{tables.BEGIN}\n")
    assert written.endswith(f"{tables.END}\nbelow\n")
    assert "old" not in written
    assert written.count("| Gradient Clinic | ") >= 2
    assert all(line.count("|") == 9 for line in written.splitlines() if line.startswith("| `"))
