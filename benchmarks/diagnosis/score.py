"""Counting: how often a tool is right about the sick, and how often it frightens the healthy."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from benchmarks.diagnosis.case import Case
from benchmarks.diagnosis.opinion import Opinion

_95_PERCENT = 1.959963984540054
Judged = tuple[Case, Opinion]


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """The share; None of nothing."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the true share lies, with 95 % confidence. Wilson 1927."""
        if not self.of:
            return None
        z2 = _95_PERCENT**2
        middle = (self.hits + z2 / 2) / (self.of + z2)
        half = _95_PERCENT * sqrt(self.hits * (self.of - self.hits) / self.of + z2 / 4) / (self.of + z2)
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        if self.value is None or self.interval is None:
            return "–"
        low, high = self.interval
        return f"{self.value:.1%} ({low:.1%} to {high:.1%})".replace("%", " %")


@dataclass(frozen=True, slots=True)
class Score:
    """A tool on some cases."""

    recall: Share
    """Of the sick: an accepted verdict."""
    precision: Share
    """Of all alarms, on sick and healthy: an accepted verdict."""
    cause: Share
    """Of the sick: an accepted verdict and an accepted cause."""
    false_alarms: Share
    """Of the healthy."""


def score(judged: Iterable[Judged]) -> Score:
    """The score of a tool's opinions."""
    all_of = list(judged)
    sick = [(case, opinion) for case, opinion in all_of if not case.healthy]
    well = [opinion for case, opinion in all_of if case.healthy]
    named = sum(opinion.names(case) for case, opinion in sick)
    frightened = sum(bool(opinion.alarms) for opinion in well)
    alarms = frightened + sum(bool(opinion.alarms) for _, opinion in sick)
    return Score(
        recall=Share(named, len(sick)),
        precision=Share(named, alarms),
        cause=Share(sum(opinion.explains(case) for case, opinion in sick), len(sick)),
        false_alarms=Share(frightened, len(well)),
    )


def of_rule(judged: Iterable[Judged], rule: str) -> Score:
    """The score on the cases that `rule` says best; precision is that of every verdict of this name."""
    all_of = list(judged)
    own = score((case, opinion) for case, opinion in all_of if case.verdicts[0] == rule)
    spoken = [(case, opinion) for case, opinion in all_of if rule in opinion.verdicts]
    well = [opinion for case, opinion in all_of if case.healthy]
    return Score(
        recall=own.recall,
        precision=Share(sum(rule in case.verdicts for case, _ in spoken), len(spoken)),
        cause=own.cause,
        false_alarms=Share(sum(rule in opinion.verdicts for opinion in well), len(well)),
    )
