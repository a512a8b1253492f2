"""What goes wrong through time: a signal that fades on its way to the first time steps, or grows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.diagnosis.evidence.through_time import ThroughTime

_NEAR_ONE = 0.9
"""A factor per time step this near to 1 is harmless in itself; it takes many time steps to add up."""
_Ratios = NDArray[np.float64]
_Judged = tuple[ThroughTime, _Ratios, int]
"""A layer, the ratios it is judged by [T], and the column in question."""


@dataclass(frozen=True, slots=True)
class Distortion:
    """A signal that does not keep its size through time, in the layer where it is worst."""

    layers: tuple[str, ...]
    """All recurrent layers where it is so, in depth order."""
    worst: ThroughTime
    value: float
    """‖∂loss/∂hₜ‖ at the worst time step over that at the last one."""
    column: int
    """Of the worst time step."""
    times: NDArray[np.int64]
    """All time steps beyond the limit."""
    steps: NDArray[np.int64]
    """Optimizer steps at which the worst one is."""

    @property
    def at_start(self) -> float:
        """What was there at the initial weights, at the time step that is the worst."""
        return float(self.worst.at_start[self.column])

    @property
    def gradual(self) -> bool:
        """Whether it takes many time steps, each of which nearly keeps the signal's size."""
        return _NEAR_ONE <= self.per_step <= 1 / _NEAR_ONE

    @property
    def per_step(self) -> float:
        """The factor per time step."""
        return float(self.value ** (1 / (self.worst.times[-1] - self.worst.times[self.column])))

    def told(self, limit: str) -> str:
        """How fast it comes about, and at which time steps it is beyond the limit."""
        where = (
            f"time steps {self.times[0]} to {self.times[-1]}" if len(self.times) > 1 else f"time step {self.times[0]}"
        )
        return f"a factor of {self.per_step:.2f} per time step; {limit} at {where}"


def fading(signals: Iterable[ThroughTime], limit: float) -> Distortion | None:
    """The signal that lately arrives at some time step with less than `limit` of its size at the last one."""
    faintest = [(signal, signal.lately, int(signal.lately.argmin())) for signal in signals]
    return _worst(faintest, lambda ratios: ratios < limit, min)


def growing(signals: Iterable[ThroughTime], limit: float) -> Distortion | None:
    """The signal that arrives at some time step with more than `limit` times its size at the last one, at the initial
    weights or lately."""
    strongest = [
        (signal, ratios, int(ratios.argmax())) for signal in signals for ratios in (signal.at_start, signal.lately)
    ]
    return _worst(strongest, lambda ratios: ratios > limit, max)


def _worst(
    judged: list[_Judged],
    beyond: Callable[[_Ratios], NDArray[np.bool_]],
    worse: Callable[..., _Judged],
) -> Distortion | None:
    found = [(signal, ratios, column) for signal, ratios, column in judged if beyond(ratios)[column]]
    if not found:
        return None
    signal, ratios, column = worse(found, key=lambda one: float(one[1][one[2]]))
    return Distortion(
        layers=tuple(dict.fromkeys(each.layer for each, *_ in found)),
        worst=signal,
        value=float(ratios[column]),
        column=column,
        times=signal.times[beyond(ratios)],
        steps=signal.steps[beyond(signal.ratio[:, column])],
    )
