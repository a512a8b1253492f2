"""Activation functions: E[φ²], E[φ] and E[φ′²] over the normal distribution that a weight layer or a norm puts out."""

from dataclasses import dataclass, replace

import numpy as np

from service.spec.layers import Activation
from service.spec.network import PlacedLayer
from service.theory.functions import Array
from service.theory.gradient import Gradient
from service.theory.moments import Moments, covariance, homogeneous_slope, moments
from service.theory.passages.pull import Pull, closed, unchanged
from service.theory.signal import Signal
from service.theory.unknown import NoClosedForm

_MOST_EXACT, _GRID = 16, 65
"""So many different variances are integrated one by one; more are read off a grid."""

_FEWEST = 50
"""Units that must count for a mean over them to be near its expectation; those of other functions all count alike."""


def activation(placed: PlacedLayer, function: Activation, signal: Signal) -> tuple[Signal, Pull]:
    """The signal behind the function, and the way back."""
    if function.function == "identity":
        return signal, unchanged
    try:
        if function.function in ("softmax", "log_softmax"):
            raise NoClosedForm(f"{function.function} mixes its inputs, which has no closed form")
        if not signal.gaussian:
            raise NoClosedForm(signal.why or f"{function.function} reads numbers that are not normally distributed")
        return _known(placed, function, signal)
    except NoClosedForm as unknown:
        return replace(signal, gaussian=False).lost(str(unknown)), _without_length(placed, function, signal, unknown)


def _known(placed: PlacedLayer, function: Activation, signal: Signal) -> tuple[Signal, Pull]:
    second, mean = signal.known(), _single(signal)
    variance = second - mean**2
    if not float(variance.min()) > 0:
        raise NoClosedForm("all units of a layer put out the same number")
    found = _over(function, mean, variance)
    units = placed.in_shape[signal.units]
    if function.function == "exponential" and found.spread * _FEWEST > units:
        raise NoClosedForm(f"a few of {units} units make up nearly all of the sum, so that its mean says little")
    common = None
    if signal.common is not None:
        middle = float(variance.mean())
        common = covariance(function, mean, middle, float(np.clip((signal.common - mean**2) / middle, -1, 1)))
    behind = replace(signal, second=found.second, mean=found.mean, common=common, gaussian=False)
    return behind, _pull(found.slope, found.spread, units)


def _without_length(placed: PlacedLayer, function: Activation, signal: Signal, unknown: NoClosedForm) -> Pull:
    """The way back where the signal's length is not known: homogeneous functions do not mind."""
    if homogeneous_slope(function) is None or not signal.gaussian or signal.mean is None or _single(signal) != 0:
        return closed(str(unknown))
    any_length = _over(function, 0.0, np.ones((1,) * (1 + len(placed.in_shape))))
    return _pull(any_length.slope, any_length.spread, placed.in_shape[signal.units])


def _pull(slopes: Array, spread: float, units: int) -> Pull:
    def pull(gradient: Gradient) -> Gradient:
        return gradient.passed(gradient.squares * slopes, 3 * (spread - 1) / units)

    return pull


def _single(signal: Signal) -> float:
    """The mean of what is normally distributed: that of the biases, the same everywhere."""
    assert signal.mean is not None  # noqa: S101 (weight layers and norms say it)
    return float(signal.mean.mean())


@dataclass(frozen=True, slots=True)
class _Over:
    """Moments for an array of variances; the spread is their mean."""

    second: Array
    mean: Array
    slope: Array
    spread: float


def _over(function: Activation, mean: float, variance: Array) -> _Over:
    different, where = np.unique(variance, return_inverse=True)
    grid = different
    if len(different) > _MOST_EXACT:
        grid = np.geomspace(different[0], different[-1], _GRID)
    found = [_finite(moments(function, mean, float(one))) for one in grid]

    def read(field: str) -> Array:
        values = np.interp(different, grid, [getattr(one, field) for one in found])
        return np.asarray(values[where]).reshape(variance.shape)

    return _Over(read("second"), read("mean"), read("slope"), float(read("spread").mean()))


def _finite(found: Moments | None) -> Moments:
    if found is None or not np.isfinite([found.second, found.slope, found.spread]).all():
        raise NoClosedForm("the forward signal grows beyond what float32 can hold")
    return found
