"""Theory against the engine's own measurement at step 0, for every activation and init that has a prediction."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from service.spec.activations import ACTIVATIONS
from tests.experiments import activation, linear, repeat, residual
from tests.theory.profiles import BLOBS, measured, per_layer, predicted, profile

WIDTH, DEPTH, SEEDS = 256, 10, 3
MIXING = ("softmax", "log_softmax")
HE, XAVIER = {"scheme": "he"}, {"scheme": "xavier"}
INITS: dict[str, dict[str, Any]] = {
    "torch_default": {"scheme": "torch_default"},
    "xavier": {**XAVIER, "distribution": "uniform"},
    "he": HE,
    "lecun": {"scheme": "lecun"},
    "orthogonal": {"scheme": "orthogonal", "gain": 1.2},
    "normal": {"scheme": "normal", "std": 1.25 / WIDTH**0.5},
    "uniform": {"scheme": "uniform", "low": -2 / WIDTH**0.5, "high": 2 / WIDTH**0.5},
    "truncated_normal": {"scheme": "truncated_normal", "std": 1.5 / WIDTH**0.5},
    "lsuv": {"scheme": "lsuv"},
}
BATCH_NORM, LAYER_NORM = {"kind": "batch_norm"}, {"kind": "layer_norm"}
DIGITS = {"kind": "digits"}


def conv(channels: int, **fields: Any) -> dict[str, Any]:
    return {"kind": "conv2d", "out_channels": channels, "kernel_size": 3, "padding": 1, **fields}


@pytest.mark.parametrize("scheme", INITS)
@pytest.mark.parametrize("function", sorted(set(ACTIVATIONS) - {*MIXING, "exponential"}))
def test_every_activation_and_init_within_two_percent_a_layer(function: str, scheme: str) -> None:
    """√χ fluctuates by about √(1/2N) a layer and draw: a few tenths of a percent in the mean over all."""
    layers = repeat(DEPTH, linear(WIDTH), activation(function)), linear(10)
    found = profile(*layers, init=INITS[scheme])
    assert all(layer.reason is None for layer in found.layers)
    assert per_layer(measured(*layers, seeds=SEEDS, init=INITS[scheme])) == pytest.approx(
        per_layer(predicted(found)), rel=0.02
    )


def test_the_exponential_where_its_tails_are_light() -> None:
    layers = repeat(4, linear(WIDTH), activation("exponential")), linear(10)
    init = {"scheme": "normal", "std": 0.2 / WIDTH**0.5}
    assert per_layer(measured(*layers, seeds=3, init=init)) == pytest.approx(
        per_layer(predicted(profile(*layers, init=init))), rel=0.02
    )


def stacked(times: int, *block: dict[str, Any]) -> list[dict[str, Any]]:
    return [*block] * times


NETWORKS: dict[str, tuple[list[dict[str, Any]], dict[str, Any], float]] = {
    "residual tanh": ([linear(WIDTH), *stacked(8, residual(linear(WIDTH), activation("tanh")))], {"init": HE}, 0.02),
    "residual relu": ([linear(WIDTH), *stacked(8, residual(linear(WIDTH), activation("relu")))], {"init": HE}, 0.04),
    "pre-activation": (
        [linear(WIDTH), *stacked(8, residual(activation("relu"), linear(WIDTH))), activation("relu")],
        {"init": HE}, 0.02,
    ),
    "residual with norm": (
        [linear(WIDTH), *stacked(6, residual(LAYER_NORM, linear(WIDTH), activation("gelu"), linear(WIDTH)))],
        {"init": HE}, 0.02,
    ),
    "projected": (
        [linear(WIDTH), residual(linear(128), activation("tanh")), residual(linear(WIDTH), activation("tanh"))],
        {"init": XAVIER}, 0.03,
    ),
    "batch norm relu": (stacked(8, linear(WIDTH), BATCH_NORM, activation("relu")), {}, 0.02),
    "batch norm tanh": (stacked(8, linear(WIDTH), BATCH_NORM, activation("tanh")), {"init": XAVIER}, 0.02),
    "batch norm sigmoid, small batch": (
        stacked(8, linear(WIDTH), BATCH_NORM, activation("sigmoid")), {"training": {"batch_size": 16}}, 0.03,
    ),
    "batch norm behind activations": (stacked(6, linear(WIDTH), activation("relu"), BATCH_NORM), {"init": HE}, 0.03),
    "layer norm": (stacked(8, linear(WIDTH), LAYER_NORM, activation("tanh")), {}, 0.02),
    "group norm": (stacked(8, linear(WIDTH), {"kind": "group_norm", "num_groups": 4}, activation("gelu")), {}, 0.02),
    "dropout": (stacked(6, linear(WIDTH), activation("relu"), {"kind": "dropout", "p": 0.3}), {"init": HE}, 0.02),
    "biases": (
        stacked(6, linear(WIDTH), activation("relu")),
        {"init": {**HE, "bias": {"scheme": "constant", "value": 0.5}}}, 0.02,
    ),
    "widths": (
        [layer for width in (64, 512, 128, 300) for layer in (linear(width), activation("tanh"))],
        {"init": XAVIER}, 0.02,
    ),
    "orthogonal widths": (
        [layer for width in (64, 512, 128, 300) for layer in (linear(width), activation("tanh"))],
        {"init": {"scheme": "orthogonal", "gain": 1.3}}, 0.02,
    ),
    "images": (
        [*stacked(4, conv(48), activation("tanh")), {"kind": "flatten"}], {"init": XAVIER, "source": DIGITS}, 0.03,
    ),
    "strides, groups and pools": (
        [conv(64), activation("relu"), {"kind": "avg_pool", "kernel_size": 2}, conv(64, stride=2), activation("relu"),
         conv(64, groups=2), activation("relu"), {"kind": "global_avg_pool"}, linear(64), activation("relu")],
        {"init": HE, "source": DIGITS}, 0.04,
    ),
    "max pool": (
        [conv(64), activation("relu"), conv(64), {"kind": "max_pool", "kernel_size": 2}, conv(64), activation("relu"),
         {"kind": "flatten"}], {"init": HE, "source": DIGITS}, 0.04,
    ),
    "sequences": (
        [linear(128), activation("tanh"), {"kind": "transpose"},
         {"kind": "conv1d", "out_channels": 96, "kernel_size": 3}, activation("tanh"), {"kind": "flatten"}],
        {"init": XAVIER, "source": DIGITS, "data": {"shape": [8, 8]}}, 0.04,
    ),
    "signals": (
        [{"kind": "conv1d", "out_channels": 96, "kernel_size": 3, "padding": "same", "dilation": 2}, activation("gelu"),
         {"kind": "conv1d", "out_channels": 96, "kernel_size": 4, "stride": 2, "padding": 1}, activation("gelu"),
         {"kind": "flatten"}],
        {"init": {"scheme": "lecun"}, "source": DIGITS}, 0.03,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_other_layers(name: str) -> None:
    """The tolerance is for the geometric mean of √χ over all layers; few and narrow ones fluctuate more."""
    body, rest, tolerance = NETWORKS[name]
    layers = [*body, linear(10)]
    theory = predicted(profile(*layers, **rest))
    assert np.isfinite(theory).all()
    found = measured(*layers, seeds=4, **rest)
    steps = len(theory) - 1
    assert (found[0] / theory[0]) ** (1 / steps) == pytest.approx(1, abs=tolerance)
    assert np.abs(np.log(found / theory)).max() < max(0.25, 2 * tolerance * steps)


def test_tokens() -> None:
    layers: Sequence[dict[str, Any]] = (
        {"kind": "embedding", "embedding_dim": 64}, {"kind": "positional_encoding"},
        *stacked(2, linear(WIDTH), activation("tanh")), linear(96),
    )  # fmt: skip
    rest: dict[str, Any] = {"init": XAVIER, "source": {"kind": "text"}, "training": {"batch_size": 8}}
    np.testing.assert_allclose(measured(*layers, seeds=2, **rest), predicted(profile(*layers, **rest)), rtol=0.05)


def test_samples_of_different_lengths_are_told_by_groups() -> None:
    """Digits differ in length: one number for all of them misses √χ of the first layers, eight do not."""
    layers = *stacked(4, linear(WIDTH), activation("tanh")), linear(10)
    rest: dict[str, Any] = {"init": XAVIER, "source": DIGITS, "training": {"batch_size": 1024}}
    found = measured(*layers, seeds=3, **rest)
    eighths = [0.469, 0.547, 0.605, 0.664, 0.733, 0.827, 0.991, 2.811]
    one, eight = (predicted(profile(*layers, second=second, **rest)) for second in (float(np.mean(eighths)), eighths))
    assert abs(found[0] / found[1] / (eight[0] / eight[1]) - 1) < 0.02
    assert abs(found[0] / found[1] / (one[0] / one[1]) - 1) > 0.02
    assert BLOBS["n_features"] == WIDTH
