"""How much gradient an activation function passes on when the signal keeps its size: what no init can mend."""

from functools import lru_cache
from math import erf

import numpy as np
from numpy.typing import NDArray

from service.spec.activations import ActivationFunction, FunctionName
from service.spec.layers import Activation
from service.spec.network import output_activation
from service.spec.run import RunSpec

_Z = np.linspace(-8.0, 8.0, 3201)
_WEIGHT = np.exp(-_Z * _Z / 2) / np.exp(-_Z * _Z / 2).sum()
_ACROSS_UNITS = {"softmax", "log_softmax"}


def hidden_activations(run: RunSpec) -> dict[str, Activation]:
    """The activation layers by name, without the one whose output the loss reads."""
    output = output_activation(run.network.layers)
    return {
        placed.name: placed.layer
        for placed in run.placed()
        if isinstance(placed.layer, Activation) and placed.layer is not output
    }


def preserved_gradient(function: ActivationFunction) -> float:
    """χ = E[φ′²] / E[φ²] over z ~ N(0, 1): the factor of the squared gradient per layer where the init is scaled so
    that the second moment of the pre-activations stays 1 (σ_w² = 1 / E[φ²]; Poole et al. 2016).

    About 1 for tanh and the ReLU family, 0.15 for sigmoid, 0.32 for softplus: those lose the gradient in depth whatever
    the init. 0 for functions across units, which have no φ′ of their own.
    """
    return _preserved_gradient(function.function, tuple(function.parameters.items()))


@lru_cache(maxsize=256)
def _preserved_gradient(function: FunctionName, parameters: tuple[tuple[str, float], ...]) -> float:
    if function in _ACROSS_UNITS:
        return 0.0
    value = _value(function, dict(parameters))
    slope = np.gradient(value, _Z)
    size = float((value**2 * _WEIGHT).sum())
    return float((slope**2 * _WEIGHT).sum()) / size if size > 0 else 0.0


def _value(function: FunctionName, p: dict[str, float]) -> NDArray[np.float64]:
    z = _Z
    sigmoid = 1 / (1 + np.exp(-z))
    match function:
        case "sigmoid":
            value = sigmoid
        case "tanh":
            value = np.tanh(z)
        case "hardtanh":
            value = np.clip(z, p["min_val"], p["max_val"])
        case "softsign":
            value = z / (1 + np.abs(z))
        case "relu":
            value = np.maximum(z, 0)
        case "leaky_relu" | "prelu":
            value = np.where(z > 0, z, p["negative_slope"] * z)
        case "elu":
            value = np.where(z > 0, z, p["alpha"] * np.expm1(z))
        case "selu":
            value = 1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * np.expm1(z))
        case "gelu":
            value = z * np.array([0.5 * (1 + erf(x / 2**0.5)) for x in z])
        case "silu":
            value = z * sigmoid
        case "mish":
            value = z * np.tanh(np.log1p(np.exp(z)))
        case "softplus":
            value = np.log1p(np.exp(p["beta"] * z)) / p["beta"]
        case "exponential":
            value = np.exp(z)
        case _:
            value = z
    return np.asarray(value)
