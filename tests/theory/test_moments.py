"""Gaussian moments against closed forms, and against the slow and obvious: many random numbers."""

from math import erf, exp, pi, sqrt
from typing import Any, get_args

import numpy as np
import pytest

from service.spec.activations import ActivationFunction, FunctionName
from service.theory.functions import curve
from service.theory.gaussian import nodes
from service.theory.moments import covariance, moments

MIXING = {"softmax", "log_softmax"}
SINGLE = sorted(set(get_args(FunctionName)) - MIXING)


def function(name: str, **parameters: Any) -> ActivationFunction:
    return ActivationFunction.model_validate({"function": name, **parameters})


@pytest.mark.parametrize("variance", [1e-8, 0.3, 2.0, 1e4])
def test_the_nodes_integrate_polynomials_exactly(variance: float) -> None:
    x, z, weights = nodes(0.7, sqrt(variance), (0.1,), 1.0)
    assert weights.sum() == pytest.approx(1, rel=1e-13)
    assert weights @ x == pytest.approx(0.7, rel=1e-12)
    assert weights @ (x - 0.7) ** 2 == pytest.approx(variance, rel=1e-11)
    assert weights @ z**4 == pytest.approx(3, rel=1e-11)


@pytest.mark.parametrize("mean", [0.0, 0.4])
@pytest.mark.parametrize("name", SINGLE)
def test_moments_are_those_of_many_random_numbers(name: str, mean: float) -> None:
    chosen, std = function(name), 0.2 if name == "exponential" else 0.9
    shape, found = curve(chosen), moments(chosen, mean, std**2)
    assert shape is not None
    assert found is not None
    even = (np.arange(400_000) + 0.5) / 400_000
    # Box and Muller on a grid of golden steps: normal numbers, evenly spread.
    angle = np.arange(400_000) * 0.6180339887498949 % 1
    x = mean + std * np.sqrt(-2 * np.log(even)) * np.cos(2 * pi * angle)
    assert found.second == pytest.approx(np.mean(shape.value(x) ** 2), rel=2e-3)
    assert found.mean == pytest.approx(np.mean(shape.value(x)), rel=2e-3, abs=1e-3)
    assert found.slope == pytest.approx(np.mean(shape.slope(x) ** 2), rel=2e-3)
    assert found.spread == pytest.approx(np.mean(shape.slope(x) ** 4) / np.mean(shape.slope(x) ** 2) ** 2, rel=2e-3)


@pytest.mark.parametrize("name", SINGLE)
def test_slopes_are_the_derivatives(name: str) -> None:
    shape = curve(function(name))
    assert shape is not None
    x = np.linspace(-6, 6, 400)  # without the kinks
    step = 1e-6
    np.testing.assert_allclose(
        shape.slope(x), (shape.value(x + step) - shape.value(x - step)) / (2 * step), atol=1e-7, rtol=1e-6
    )


@pytest.mark.parametrize("variance", [1e-6, 0.5, 40.0])
def test_closed_forms(variance: float) -> None:
    std = sqrt(variance)
    relu, leaky, hardtanh = (
        moments(chosen, 0.0, variance)
        for chosen in (function("relu"), function("leaky_relu", negative_slope=0.2), function("hardtanh"))
    )
    assert relu is not None
    assert leaky is not None
    assert hardtanh is not None
    assert (relu.second, relu.slope, relu.spread) == (variance / 2, 0.5, 2.0)
    assert relu.mean == pytest.approx(std / sqrt(2 * pi), rel=1e-12)
    assert leaky.second == pytest.approx(0.52 * variance, rel=1e-12)
    assert hardtanh.slope == pytest.approx(erf(1 / std / sqrt(2)), rel=1e-9)
    beyond = 1 - hardtanh.slope
    inside = variance * (hardtanh.slope - 2 / std * exp(-1 / (2 * variance)) / sqrt(2 * pi))
    assert hardtanh.second == pytest.approx(inside + beyond, rel=1e-9)
    exponential = moments(function("exponential"), 0.1, variance)
    assert exponential is not None
    assert exponential.second == pytest.approx(exp(0.2 + 2 * variance), rel=1e-12)


def test_closed_forms_of_homogeneous_functions_are_what_quadrature_gives() -> None:
    for chosen in (function("relu"), function("prelu"), function("identity")):
        exact, numeric = moments(chosen, 0.0, 2.0), moments(chosen, 1e-12, 2.0)
        assert exact is not None
        assert numeric is not None
        for field in ("second", "mean", "slope", "spread"):
            assert getattr(numeric, field) == pytest.approx(getattr(exact, field), rel=1e-10, abs=1e-10)


def test_far_into_saturation_the_slope_is_a_sliver() -> None:
    """E[tanh′²] → ∫ sech⁴ / √(2πq) = (4/3) / √(2πq)."""
    found = moments(function("tanh"), 0.0, 1e8)
    assert found is not None
    assert found.slope == pytest.approx(4 / 3 / sqrt(2 * pi * 1e8), rel=1e-6)
    assert found.second == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize("name", sorted(MIXING))
def test_what_mixes_its_inputs_has_no_moments(name: str) -> None:
    assert moments(function(name), 0.0, 1.0) is None
    assert covariance(function(name), 0.0, 1.0, 0.5) is None


@pytest.mark.parametrize("correlation", [-0.4, 0.0, 0.7, 1.0])
@pytest.mark.parametrize("name", ["relu", "tanh", "sigmoid", "exponential"])
def test_covariance_is_that_of_pairs(name: str, correlation: float) -> None:
    chosen = function(name)
    shape, found = curve(chosen), covariance(chosen, 0.2, 0.5, correlation)
    assert shape is not None
    x, z, weights = nodes(0.2, sqrt(0.5), shape.kinks, 1.0)
    first, second = np.meshgrid(z, z)
    y = 0.2 + sqrt(0.5) * (correlation * first + sqrt(1 - correlation**2) * second)
    pairs = weights @ (shape.value(x)[None, :] * shape.value(y)) @ weights
    assert found == pytest.approx(pairs, rel=1e-4)


def test_the_arc_cosine_kernel() -> None:
    """E[relu(x) relu(y)] = (sin θ + (π − θ) cos θ) / 2π (Cho & Saul 2009)."""
    angle = np.arccos(0.3)
    expected = (np.sin(angle) + (pi - angle) * 0.3) / (2 * pi)
    assert covariance(function("relu"), 0.0, 1.0, 0.3) == pytest.approx(expected, rel=1e-9)
