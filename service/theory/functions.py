"""Activation functions and their slopes in numpy, with the places where they bend."""

from collections.abc import Callable
from dataclasses import dataclass
from math import erf, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from service.spec.activations import ActivationFunction

Array = NDArray[np.float64]
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
_erf = np.frompyfunc(erf, 1, 1)


@dataclass(frozen=True, slots=True)
class Curve:
    """φ and φ′, element by element."""

    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    kinks: tuple[float, ...] = (0.0,)
    """Where it is not smooth."""
    scale: float = 1.0
    """The length on which it bends."""


def curve(function: ActivationFunction) -> Curve | None:
    """The function as PyTorch computes it; None for softmax and log_softmax, which are none of a single number."""
    parameters = function.parameters
    match function.function:
        case "identity":
            return Curve(lambda x: x, np.ones_like)
        case "relu":
            return _leaky(0.0)
        case "leaky_relu" | "prelu":
            return _leaky(parameters["negative_slope"])
        case "sigmoid":
            return Curve(_sigmoid, lambda x: _sigmoid(x) * _sigmoid(-x))
        case "tanh":
            return Curve(np.tanh, lambda x: 4 * _sigmoid(2 * x) * _sigmoid(-2 * x))
        case "hardtanh":
            low, high = parameters["min_val"], parameters["max_val"]
            inside = Curve(lambda x: x.clip(low, high), lambda x: ((x > low) & (x < high)).astype(float))
            return Curve(inside.value, inside.slope, (low, high))
        case "softsign":
            return Curve(lambda x: x / (1 + np.abs(x)), lambda x: (1 + np.abs(x)) ** -2)
        case "elu":
            return _elu(1.0, parameters["alpha"])
        case "selu":
            return _elu(SELU_SCALE, SELU_ALPHA)
        case "gelu":
            return Curve(lambda x: x * _normal(x), lambda x: _normal(x) + x * np.exp(-(x**2) / 2) / sqrt(2 * pi))
        case "silu":
            return Curve(lambda x: x * _sigmoid(x), lambda x: _sigmoid(x) * (1 + x * _sigmoid(-x)))
        case "mish":
            return Curve(_mish, _mish_slope)
        case "softplus":
            return _softplus(parameters["beta"], parameters["threshold"])
        case "exponential":
            return Curve(np.exp, np.exp)
        case _:
            return None


def _sigmoid(x: Array) -> Array:
    """Keeps its digits where it is nearly zero."""
    small = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1.0, small) / (1 + small))


def _normal(x: Array) -> Array:
    """The normal distribution function."""
    return (1 + np.asarray(_erf(x / sqrt(2)), float)) / 2


def _leaky(slope: float) -> Curve:
    return Curve(lambda x: np.where(x > 0, x, slope * x), lambda x: np.where(x > 0, 1.0, slope))


def _elu(scale: float, alpha: float) -> Curve:
    return Curve(
        lambda x: scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))),
        lambda x: scale * np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0))),
    )


def _mish(x: Array) -> Array:
    return np.asarray(x * np.tanh(np.logaddexp(0, x)))


def _mish_slope(x: Array) -> Array:
    reached = np.tanh(np.logaddexp(0, x))
    return np.asarray(reached + x * _sigmoid(x) * (1 - reached**2))


def _softplus(beta: float, threshold: float) -> Curve:
    def beyond(x: Array) -> Array:
        return np.asarray(beta * x > threshold)

    return Curve(
        lambda x: np.where(beyond(x), x, np.logaddexp(0, beta * x) / beta),
        lambda x: np.where(beyond(x), 1.0, _sigmoid(beta * x)),
        kinks=(0.0, threshold / beta),
        scale=1 / beta,
    )
