"""The table of published and computed reference values: fixed points, χ₁, and products over depth."""

from math import inf
from typing import Any

import pytest

from service.spec.activations import ActivationFunction
from service.theory.fixed_point import FixedPoint, fixed_point
from service.theory.profile import predicted_profile
from tests.experiments import activation, body, linear, repeat, resolved

WIDTH = 128
XAVIER, HE, DEFAULT = (1.0, 0.0), (2.0, 0.0), (1 / 3, 1 / 3 / WIDTH)
LEAKY_01, LEAKY_2 = {"negative_slope": 0.01}, {"negative_slope": 0.2}


def settled(name: str, weights: tuple[float, float], **parameters: Any) -> FixedPoint:
    point = fixed_point(ActivationFunction.model_validate({"function": name, **parameters}), *weights)
    assert point is not None
    return point


@pytest.mark.parametrize(
    ("name", "parameters", "weights", "chi", "tolerance"),
    [
        ("identity", {}, XAVIER, 1, 1e-9), ("identity", {}, HE, 2, 1e-9), ("identity", {}, DEFAULT, 0.3333, 2e-4),
        ("relu", {}, XAVIER, 0.5, 1e-9), ("relu", {}, HE, 1, 1e-9), ("relu", {}, DEFAULT, 0.1667, 3e-4),
        ("leaky_relu", LEAKY_01, XAVIER, 0.50005, 1e-5), ("leaky_relu", LEAKY_01, HE, 1.0001, 1e-5),
        ("leaky_relu", LEAKY_01, DEFAULT, 0.16668, 3e-5), ("leaky_relu", LEAKY_2, XAVIER, 0.52, 1e-9),
        ("leaky_relu", LEAKY_2, HE, 1.04, 1e-9), ("leaky_relu", LEAKY_2, DEFAULT, 0.1733, 3e-4),
        ("prelu", {}, XAVIER, 0.53125, 1e-9), ("prelu", {}, HE, 1.0625, 1e-9), ("prelu", {}, DEFAULT, 0.1771, 3e-4),
        ("sigmoid", {}, XAVIER, 0.0557, 1e-3), ("sigmoid", {}, HE, 0.1010, 1e-3),
        ("sigmoid", {}, DEFAULT, 0.0200, 2e-3), ("tanh", {}, XAVIER, 1, 1e-6), ("tanh", {}, HE, 1.1055, 1e-4),
        ("tanh", {}, DEFAULT, 0.3308, 2e-4), ("elu", {}, XAVIER, 1, 1e-4), ("elu", {}, DEFAULT, 0.318, 2e-3),
        ("selu", {}, XAVIER, 1.0716, 1e-4), ("selu", {}, HE, 1.104, 1e-3), ("selu", {}, DEFAULT, 0.637, 1e-3),
        ("gelu", {}, XAVIER, 0.25, 1e-4), ("gelu", {}, HE, 0.5, 1e-4), ("gelu", {}, DEFAULT, 0.0839, 1e-3),
        ("silu", {}, XAVIER, 0.25, 1e-4), ("silu", {}, HE, 0.5, 1e-4), ("silu", {}, DEFAULT, 0.0836, 1e-3),
        ("softplus", {}, XAVIER, 0.289, 2e-3), ("softplus", {}, DEFAULT, 0.0870, 1e-3),
    ],
)  # fmt: skip
def test_chi_where_the_signal_settles(
    name: str, parameters: dict[str, float], weights: tuple[float, float], chi: float, tolerance: float
) -> None:
    assert settled(name, weights, **parameters).chi == pytest.approx(chi, rel=tolerance)


@pytest.mark.parametrize(
    ("name", "weights", "length"),
    [
        ("sigmoid", XAVIER, 0.265), ("sigmoid", HE, 0.555), ("tanh", HE, 0.618), ("selu", XAVIER, 1.0),
        ("tanh", (25 / 9, 0.0), 1.178), ("tanh", XAVIER, 0.0), ("identity", HE, inf), ("relu", XAVIER, 0.0),
    ],
)  # fmt: skip
def test_the_length_that_settles(name: str, weights: tuple[float, float], length: float) -> None:
    assert settled(name, weights).length == pytest.approx(length, rel=2e-3)


def test_critical_points() -> None:
    assert settled("tanh", XAVIER).depth_scale == inf
    assert settled("tanh", (1.761, 0.05)).chi == pytest.approx(1, abs=2e-3)
    assert settled("tanh", (1.761, 0.05)).length == pytest.approx(0.570, abs=2e-3)
    assert settled("leaky_relu", (2 / 1.04, 0.0), **LEAKY_2).chi == pytest.approx(1, rel=1e-12)
    for weight_variance in (1, 10, 60):  # no critical point: χ₁ ≤ σ_w² / 16
        assert settled("sigmoid", (weight_variance, 0.0)).chi < min(1, weight_variance / 16)
    assert settled("relu", XAVIER).depth_scale == pytest.approx(1 / 0.6931, rel=1e-4)


PRODUCTS: list[tuple[str, str, dict[str, float], tuple[float, float, float]]] = [
    ("identity", "xavier", {}, (1, 1, 1)), ("identity", "he", {}, (32, 1024, 3.355e7)),
    ("identity", "torch_default", {}, (4.1e-3, 1.7e-5, 1.2e-12)),
    ("relu", "xavier", {}, (3.1e-2, 9.8e-4, 3.0e-8)), ("relu", "he", {}, (1, 1, 1)),
    ("relu", "torch_default", {}, (1.3e-4, 1.6e-8, 3.5e-20)),
    ("leaky_relu", "he_plain", LEAKY_2, (1.22, 1.48, 2.67)), ("prelu", "he_plain", {}, (1.35, 1.83, 4.55)),
    ("sigmoid", "xavier", {}, (4.8e-7, 2.6e-13, 4e-32)), ("sigmoid", "he", {}, (8.9e-6, 9.3e-11, 1.1e-25)),
    ("sigmoid", "torch_default", {}, (3e-9, 9.7e-18, 3e-43)), ("tanh", "xavier", {}, (0.267, 0.19, 0.12)),
    ("tanh", "he", {}, (1.08, 1.79, 8.06)), ("tanh", "torch_default", {}, (3e-3, 1.2e-5, 7e-13)),
    ("selu", "xavier", {}, (1.42, 2.0, 5.7)), ("gelu", "xavier", {}, (2.0e-3, 2e-6, 1.9e-15)),
    ("gelu", "he", {}, (0.69, 0.062, 1.9e-6)), ("silu", "he", {}, (0.134, 4.3e-3, 1.3e-7)),
]  # fmt: skip
INITS: dict[str, dict[str, Any]] = {
    "xavier": {"scheme": "xavier"},
    "he": {"scheme": "he"},
    "torch_default": {"scheme": "torch_default"},
    "he_plain": {"scheme": "he", "gain": 2**0.5},
}


@pytest.mark.parametrize(("name", "init", "parameters", "products"), PRODUCTS)
def test_products_over_depth(
    name: str, init: str, parameters: dict[str, float], products: tuple[float, float, float]
) -> None:
    """Π √χ over 10, 20 and 50 layers from an input of unit second moment."""
    layers = repeat(51, linear(WIDTH), activation(name, **parameters))
    sent = body(layers, linear(3), init=INITS[init], source={"kind": "blobs", "n_features": WIDTH})
    ratios = [layer.delta_norm_ratio for layer in predicted_profile(resolved(sent)).layers]
    for depth, product in zip((10, 20, 50), products, strict=True):
        first, last = ratios[0], ratios[depth]
        assert first is not None
        assert last is not None
        # Values of two digits; what they were computed of may begin at the input or one layer later.
        assert first / last == pytest.approx(product, rel=0.06), depth
