"""What an activation function makes of a normal distribution, and of the gradient that comes back."""

from dataclasses import dataclass
from functools import lru_cache
from math import pi, sqrt

import numpy as np

from service.spec.activations import ActivationFunction
from service.theory.functions import Array, curve
from service.theory.gaussian import nodes

_TERMS = 64


@dataclass(frozen=True, slots=True)
class Moments:
    """Expectations over x = mean + std · z, z ~ N(0, 1)."""

    second: float
    """E[φ(x)²]"""
    mean: float
    """E[φ(x)]"""
    slope: float
    """E[φ′(x)²]"""
    spread: float
    """E[φ′(x)⁴] / E[φ′(x)²]²: 1 for the identity, 2 for ReLU."""


def homogeneous_slope(function: ActivationFunction) -> float | None:
    """The slope below zero of a function that is linear on either side of it, 1 above; None for others."""
    match function.function:
        case "identity":
            return 1.0
        case "relu":
            return 0.0
        case "leaky_relu" | "prelu":
            return function.parameters["negative_slope"]
        case _:
            return None


def moments(function: ActivationFunction, mean: float, variance: float) -> Moments | None:
    """The moments, in closed form where there is one and by quadrature elsewhere; None for softmax and log_softmax.

    Infinite where they exceed float64.
    """
    slope = homogeneous_slope(function)
    if slope is not None and mean == 0:
        return _homogeneous(slope, variance)
    if function.function == "exponential":
        return _exponential(mean, variance)
    return _by_quadrature(_key(function), mean, variance)


def _homogeneous(below: float, variance: float) -> Moments:
    slope = (1 + below**2) / 2
    return Moments(variance * slope, sqrt(variance / (2 * pi)) * (1 - below), slope, (1 + below**4) / 2 / slope**2)


def _exponential(mean: float, variance: float) -> Moments:
    with np.errstate(over="ignore"):
        second = float(np.exp(2 * mean + 2 * variance))
        return Moments(second, float(np.exp(mean + variance / 2)), second, float(np.exp(4 * variance)))


_Key = tuple[str, tuple[tuple[str, float], ...]]


def _key(function: ActivationFunction) -> _Key:
    return function.function, tuple(function.parameters.items())


def _function(key: _Key) -> ActivationFunction:
    return ActivationFunction.model_validate({"function": key[0], **dict(key[1])})


@lru_cache(maxsize=4096)
def _by_quadrature(key: _Key, mean: float, variance: float) -> Moments | None:
    shape = curve(_function(key))
    if shape is None:
        return None
    x, _, weights = nodes(mean, sqrt(variance), shape.kinks, shape.scale)
    value, slope = shape.value(x), shape.slope(x) ** 2
    passed = float(weights @ slope)
    spread = float(weights @ slope**2) / passed**2 if passed > 0 else 1.0
    return Moments(float(weights @ value**2), float(weights @ value), passed, spread)


def covariance(function: ActivationFunction, mean: float, variance: float, correlation: float) -> float | None:
    """E[φ(x) φ(y)] of two such numbers, by φ's Hermite coefficients: Σ a_k² c^k (Mehler). None as for `moments`."""
    whole = moments(function, mean, variance)
    if whole is None:
        return None
    if function.function == "exponential":
        with np.errstate(over="ignore"):
            return float(np.exp(2 * mean + (1 + correlation) * variance))
    squares = _hermite(_key(function), mean, variance)
    beyond = max(whole.second - float(squares.sum()), 0.0)
    powers = correlation ** np.arange(_TERMS + 1)
    return float(squares @ powers[:-1] + beyond * powers[-1])


@lru_cache(maxsize=4096)
def _hermite(key: _Key, mean: float, variance: float) -> Array:
    """[_TERMS] squares of φ's coefficients over the normalized Hermite polynomials."""
    shape = curve(_function(key))
    assert shape is not None  # noqa: S101 (it has moments)
    x, z, weights = nodes(mean, sqrt(variance), shape.kinks, shape.scale)
    weighted = weights * shape.value(x)
    before, polynomial = np.zeros_like(z), np.ones_like(z)
    coefficients = np.empty(_TERMS)
    for k in range(_TERMS):
        coefficients[k] = weighted @ polynomial
        before, polynomial = polynomial, (z * polynomial - sqrt(k) * before) / sqrt(k + 1)
    return coefficients**2
