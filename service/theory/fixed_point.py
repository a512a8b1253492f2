"""Where the length of the signal settles in a deep network of equal layers, and how the gradient changes there."""

from dataclasses import dataclass
from math import inf, isfinite, log, nan

from service.spec.activations import ActivationFunction
from service.theory.moments import Moments, moments

_EQUAL = 1e-12
_CRITICAL = 1e-6
_STRIDE = 2.0
_NOTHING, _ENDLESS = 1e-10, 1e12
"""Lengths that stand for 0 and infinity: functions are linear there, to nearly all digits."""


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """Of the length map q ← σ_w² E[φ(√q z)²] + σ_b²."""

    length: float
    """q*; 0 or infinity where the map goes on for ever."""
    chi: float
    """χ₁ = σ_w² E[φ′(√q* z)²]"""

    @property
    def depth_scale(self) -> float:
        """Layers over which the squared gradient changes by a factor e: ξ = 1 / |ln χ₁|, infinite where χ₁ = 1.

        Schoenholz et al. 2017.
        """
        if self.chi == 0:
            return 0.0
        rate = abs(log(self.chi))
        return 1 / rate if rate > _CRITICAL else inf


def fixed_point(
    function: ActivationFunction, weight_variance: float, bias_variance: float = 0.0, bias_mean: float = 0.0
) -> FixedPoint | None:
    """Where layers of σ_w² = fan_in · Var W settle, started at q = 1; None if that explodes, or for softmax."""

    def at(variance: float) -> Moments | None:
        return moments(function, bias_mean, variance)

    def grows(variance: float) -> float:
        found = at(variance)
        following = weight_variance * found.second + bias_variance if found else nan
        return following / variance - 1

    low, high = 1.0, 1.0
    if abs(grows(1.0)) > _EQUAL:
        while low > _NOTHING and grows(low) < 0:
            low /= _STRIDE
        while high < _ENDLESS and grows(high) > 0:
            high *= _STRIDE
    if low <= _NOTHING:
        high = low
    if high >= _ENDLESS:
        low = high
    while high / low > 1 + _EQUAL:
        middle = (low * high) ** 0.5
        low, high = (middle, high) if grows(middle) > 0 else (low, middle)
    found = at(low)
    if found is None or not isfinite(found.second) or not isfinite(found.slope):
        return None
    length = 0.0 if low <= _NOTHING else inf if low >= _ENDLESS else low + bias_mean**2
    return FixedPoint(length, weight_variance * found.slope)
