"""Timing of two things in turn, A B A B …, so that a machine whose speed drifts cannot favor one."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ratio:
    """What one thing costs over what another costs."""

    median: float
    low: float
    high: float
    """The middle half of the pairs lies between `low` and `high`."""
    pairs: int

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f}, {self.pairs} pairs)"


def paired(ours: Callable[[], object], peer: Callable[[], object], *, pairs: int, calls: int, warm_up: int) -> Ratio:
    """Time of `calls` calls of `ours` over those of `peer`, pair by pair."""
    for _ in range(warm_up):
        ours()
        peer()
    ratios = sorted(_seconds(ours, calls) / _seconds(peer, calls) for _ in range(pairs))
    quartiles = statistics.quantiles(ratios, n=4)
    return Ratio(statistics.median(ratios), quartiles[0], quartiles[2], pairs)


def _seconds(step: Callable[[], object], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        step()
    return time.perf_counter() - start
