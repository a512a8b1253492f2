"""Profiles: what is known exactly, and what says why it is not."""

from math import isclose
from typing import Any

import numpy as np
import pytest

from service.theory.born_dead import born_dead_probability
from service.theory.draws import TRUNCATED_VARIANCE
from service.theory.profile import LayerTheory
from tests.experiments import activation, body, linear, repeat, residual, resolved
from tests.theory.profiles import BLOBS, FEATURES, layer, predicted, profile

LSTM = {"kind": "lstm", "hidden_size": 16}
MEMORY = {**LSTM, "output": "sequence"}
IMAGES: dict[str, Any] = {"source": {"kind": "digits"}}


def conv(channels: int, **fields: Any) -> dict[str, Any]:
    return {"kind": "conv2d", "out_channels": channels, "kernel_size": 3, **fields}


@pytest.mark.parametrize(
    ("init", "variance"),
    [
        ({"scheme": "torch_default"}, 1 / 3 + 1 / (3 * FEATURES)),
        ({"scheme": "xavier"}, 2 * FEATURES / (FEATURES + 64)),
        ({"scheme": "xavier", "gain": 3.0}, 9 * 2 * FEATURES / (FEATURES + 64)),
        ({"scheme": "he"}, 2 / 1.04),
        ({"scheme": "he", "gain": 1.0}, 1.0),
        ({"scheme": "lecun"}, 1.0),
        ({"scheme": "orthogonal", "gain": 2.0}, 4.0),
        ({"scheme": "normal", "std": 0.5}, 0.25 * FEATURES),
        ({"scheme": "uniform", "low": -0.3, "high": 0.3}, 0.03 * FEATURES),
        ({"scheme": "truncated_normal", "std": 0.1}, 0.01 * TRUNCATED_VARIANCE * FEATURES),
        ({"scheme": "lsuv"}, 1.0),
        ({"scheme": "lecun", "bias": {"scheme": "constant", "value": 0.5}}, 1.25),
        ({"scheme": "lecun", "bias": {"scheme": "uniform", "low": 0.0, "high": 1.0}}, 1 + 1 / 12 + 0.25),
        ({"scheme": "lecun", "bias": {"scheme": "orthogonal"}}, 1 + 1 / 64),
    ],
)
def test_the_first_length_is_that_of_the_scheme(init: dict[str, Any], variance: float) -> None:
    found = profile(linear(64), activation("leaky_relu", negative_slope=0.2), linear(10), init=init)
    assert layer(found, "00 linear").q == pytest.approx(variance, rel=1e-9)


def test_an_orthogonal_matrix_with_more_rows_than_columns_keeps_only_lengths() -> None:
    found = profile(linear(4 * FEATURES), activation("identity"), linear(10), init={"scheme": "orthogonal"})
    assert layer(found, "00 linear").q == pytest.approx(0.25, rel=1e-12)
    assert abs(TRUNCATED_VARIANCE - 0.7737413) < 1e-7


def test_a_layers_own_init_and_the_inputs_length_count() -> None:
    own = linear(64, init={"scheme": "normal", "std": 0.1})
    assert layer(profile(own, linear(10), second=3.0), "00 linear").q == pytest.approx(0.03 * FEATURES)


def test_norms_are_relative_to_the_last_layer_for_any_widths() -> None:
    """‖δ^l‖² = n_l · Var W^{l+1} · E[φ′²] · ‖δ^{l+1}‖²."""
    found = profile(
        linear(100), activation("relu"), linear(30), activation("relu"), linear(10), init={"scheme": "xavier"}
    )
    chi = [100 * 2 / 130 / 2, 30 * 2 / 40 / 2]
    assert [row.chi for row in found.layers] == [pytest.approx(chi[0]), pytest.approx(chi[1]), None]
    np.testing.assert_allclose(predicted(found) ** 2, [chi[0] * chi[1], chi[1], 1])
    assert found.layers[0].sqrt_chi == pytest.approx(chi[0] ** 0.5)
    assert found.beta == pytest.approx(1 / 100 + 1 / 30)
    assert (found.layers[-1].low, found.layers[-1].high) == (1, 1)


def test_the_band_is_hanins() -> None:
    """Var log‖δ‖² = 5 Σ 1/n for ReLU, 2 Σ 1/n for linear networks; none for orthogonal ones."""
    for function, init, constant in (
        ("relu", {"scheme": "he"}, 5), ("identity", {"scheme": "lecun"}, 2), ("identity", {"scheme": "orthogonal"}, 0),
    ):  # fmt: skip
        first = profile(repeat(8, linear(40), activation(function)), linear(10), init=init).layers[0]
        assert first.low is not None
        assert first.high is not None
        variance = constant * 8 / 40
        assert np.log(first.high / first.low) == pytest.approx(2 * variance**0.5, abs=1e-9)
        assert first.delta_norm_ratio is not None
        assert np.log(first.high * first.low / first.delta_norm_ratio**2) == pytest.approx(-variance / 2, abs=1e-9)


def test_growth_of_batch_norm_and_residuals() -> None:
    norm = {"kind": "batch_norm"}
    big: dict[str, Any] = {"source": {**BLOBS, "n_samples": 1_000_000}, "training": {"batch_size": 100_000}}
    for function, growth in (("relu", np.pi / (np.pi - 1)), ("identity", 1.0), ("tanh", 1.1782)):
        found = profile(repeat(5, linear(64), norm, activation(function)), linear(10), **big)
        assert found.layers[2].chi == pytest.approx(growth, rel=1e-3)
    block = residual(linear(64), activation("relu"))
    found = profile(linear(64), *[block] * 3, linear(10), init={"scheme": "he"})
    assert found.layers[1].chi == pytest.approx(2, rel=0.02)
    found = profile(
        linear(64), *[residual(activation("identity"), linear(64))] * 3, linear(10), init={"scheme": "lecun"}
    )
    assert found.layers[2].chi == pytest.approx(2, rel=0.02)


def test_behind_many_blocks_the_gradient_along_the_signal_leads() -> None:
    """In ReLU blocks it grows by what lengths grow by, 2.90 a block (Euler), and everything else by 2."""
    block = residual(linear(64, bias=False), activation("relu"))
    rows = profile(linear(64, bias=False), *[block] * 40, linear(10), init={"scheme": "he"}).layers
    chi, lengths = [row.chi for row in rows], [row.q for row in rows]
    assert chi[38] == pytest.approx(2, rel=0.02)
    assert lengths[5] is not None
    assert lengths[4] is not None
    assert chi[3] == pytest.approx(lengths[5] / lengths[4], rel=0.01)
    flat = residual(linear(64), activation("tanh"))
    tanh = profile(linear(64), *[flat] * 40, linear(10), init={"scheme": "he"}).layers
    assert max(row.chi or 0 for row in tanh[1:-1]) < 2


def test_layers_that_keep_norms_keep_them() -> None:
    images = [
        conv(16, kernel_size=1),
        {"kind": "max_pool", "kernel_size": 2},
        conv(8, kernel_size=1),
        {"kind": "flatten"},
    ]
    found = profile(*images, linear(10), init={"scheme": "lecun"}, **IMAGES)
    assert layer(found, "00 conv2d").chi == pytest.approx(1)
    assert layer(found, "02 conv2d").chi == pytest.approx(8 * 16 / (8 * 16))


def test_zeros_of_the_padding_count() -> None:
    """Of three taps along an axis of eight, 22 of 24 meet a number."""
    found = profile(
        conv(16, padding=1), conv(16, padding=1), {"kind": "flatten"}, linear(10), init={"scheme": "lecun"}, **IMAGES
    )
    assert layer(found, "00 conv2d").q == pytest.approx((22 / 24) ** 2)
    assert layer(found, "00 conv2d").chi == pytest.approx((22 / 24) ** 2)


REASONS: list[tuple[str, list[dict[str, Any]], dict[str, Any], str, int]] = [
    ("recurrence", [MEMORY, linear(8), LSTM, linear(8), activation("relu"), linear(10)],
     {"data": {"shape": [16, 16]}}, "lstm has no closed form", 2),
    ("constant", [linear(8), linear(8, init={"scheme": "constant", "value": 0.1}), linear(10)], {},
     "weights have mean 0.1", 1),
    ("weights with a mean", [linear(8), activation("tanh"), linear(10)], {"init": {"scheme": "uniform"}},
     "mean 0.5", 1),
    ("softmax inside", [linear(8), activation("softmax"), linear(10)], {}, "softmax mixes its inputs", 1),
    ("activation of an activation", [linear(8), activation("tanh"), activation("relu"), linear(10)], {},
     "not normally distributed", 1),
    ("heavy tails", [linear(8), activation("exponential"), linear(10)], {}, "few of 8 units", 1),
    ("unknown input", [linear(8), activation("tanh"), linear(10)], {"data": {"normalize": "none"}},
     "second moment of the input", 1),
    ("overflow", [repeat(200, linear(64)), activation("tanh"), linear(10)], {"init": {"scheme": "normal"}},
     "beyond what float32 can hold", 200),
    ("silence", [linear(8, init={"scheme": "normal", "std": 0.0}), activation("tanh"), linear(10)], {}, "all zero", 1),
    ("small batches", [linear(8), {"kind": "batch_norm"}, activation("tanh"), linear(10)],
     {"training": {"batch_size": 4}}, "over 4 numbers", 1),
    ("few inputs", [linear(8), {"kind": "batch_norm"}, activation("tanh"), linear(10)],
     {"source": {**BLOBS, "n_features": 3}}, "3 weights decide", 1),
    ("overlap", [conv(8), {"kind": "avg_pool", "kernel_size": 3, "stride": 1}, {"kind": "flatten"}, linear(10)], IMAGES,
     "overlap", 1),
    ("choice", [conv(8), activation("relu"), {"kind": "max_pool", "kernel_size": 2}, {"kind": "flatten"}, linear(10)],
     IMAGES, "max_pool chooses", 1),
    ("block without weights", [linear(8), residual(activation("tanh")), linear(10)], {}, "block without weights", 1),
    ("attention", [linear(8), {"kind": "self_attention"}, linear(8), {"kind": "flatten"}, linear(10)],
     {"data": {"shape": [16, 16]}}, "self_attention has no closed form", 1),
    ("dropout before lsuv", [linear(8), {"kind": "dropout"}, linear(8), linear(10)], {"init": {"scheme": "lsuv"}},
     "without its dropout", 2),
]  # fmt: skip


@pytest.mark.parametrize(
    ("layers", "rest", "reason", "unknown"), [case[1:] for case in REASONS], ids=[c[0] for c in REASONS]
)
def test_what_has_no_closed_form_says_why(
    layers: list[dict[str, Any]], rest: dict[str, Any], reason: str, unknown: int
) -> None:
    """`unknown`: weight layers in front of what cannot be predicted; those behind it keep their ratio."""
    if "data" in rest and "shape" in rest["data"]:
        rest = {**rest, "source": {**BLOBS, "n_features": 256}}
    found = profile(*layers, **rest)
    ratios = [row.delta_norm_ratio for row in found.layers]
    assert ratios[:unknown] == [None] * unknown
    assert None not in ratios[unknown:]
    assert ratios[-1] == 1
    assert reason in (found.layers[unknown - 1].reason or "")
    for row in found.layers[:unknown]:
        assert row.low is row.high is None
        assert row.reason


def test_homogeneous_functions_need_no_length() -> None:
    unknown: dict[str, Any] = {"data": {"normalize": "minmax"}}
    found = profile(repeat(3, linear(64), activation("relu")), linear(10), init={"scheme": "xavier"}, **unknown)
    assert [row.q for row in found.layers] == [None] * 4
    assert found.input_second_moment is None
    np.testing.assert_allclose(predicted(found)[:-2] / predicted(found)[1:-1], 0.5**0.5)
    assert profile(linear(64), linear(10), second=2.0, **unknown).input_second_moment == 2.0


def test_stretches_behind_a_break_still_tell_their_factors() -> None:
    layers = [*[linear(64), activation("relu")] * 3, LSTM, linear(10)]
    found = profile(*layers, init={"scheme": "he"}, data={"shape": [16, 16]})
    assert [row.chi for row in found.layers] == [pytest.approx(1), pytest.approx(1), None, pytest.approx(2), None]


@pytest.mark.parametrize(
    ("width", "depth", "percent"), [(5, 8, 22), (5, 15, 38), (5, 17, 42), (128, 34, 0)]
)  # fmt: skip
def test_born_dead(width: int, depth: int, percent: int) -> None:
    run = resolved(body(repeat(depth, linear(width), activation("relu")), linear(10), init={"scheme": "he"}))
    assert round(100 * born_dead_probability(run, run.placed())) == percent


@pytest.mark.parametrize(
    ("layers", "init"),
    [
        ([linear(2), activation("leaky_relu")], {"scheme": "he"}),
        ([linear(2), activation("relu")], {"scheme": "he", "bias": {"scheme": "constant", "value": 0.1}}),
        ([linear(2), activation("relu")], {"scheme": "constant", "value": -0.1}),
        ([linear(2), residual(linear(2), activation("relu"))], {"scheme": "he"}),
        ([linear(2), {"kind": "batch_norm"}, activation("relu")], {"scheme": "he"}),
    ],
)
def test_what_cannot_be_born_dead(layers: list[dict[str, Any]], init: dict[str, Any]) -> None:
    assert profile(*layers, linear(10), init=init).born_dead_probability == 0


def test_the_depth_scale_is_that_of_the_commonest_layer() -> None:
    found = profile(
        linear(8), activation("tanh"), repeat(4, linear(64), activation("relu")), linear(10), init={"scheme": "xavier"}
    )
    assert found.depth_scale is not None
    assert isclose(found.depth_scale, 1 / np.log(2), rel_tol=1e-9)
    assert profile(repeat(4, linear(64), activation("relu")), linear(10), init={"scheme": "he"}).depth_scale is None
    assert profile(linear(10)).depth_scale is None


def test_five_hundred_layers_take_moments() -> None:
    """Ratios of 10⁻²⁸⁰ and signals of any size are numbers still, and JSON's."""
    found = profile(repeat(250, linear(32), activation("sigmoid")), linear(10), init={"scheme": "xavier"})
    first = found.layers[0].delta_norm_ratio
    assert first is not None
    assert 0 < first < 1e-150
    growing = profile(repeat(250, linear(32), activation("relu")), linear(10), init={"scheme": "normal", "std": 20.0})
    assert growing.layers[0].delta_norm_ratio is None
    assert growing.layers[0].reason == "the ratio exceeds every float"


def variance(row: LayerTheory) -> float:
    """Var log‖δ‖² of a row's band."""
    assert row.low is not None
    assert row.high is not None
    return float(np.log(row.high / row.low) / 2) ** 2


@pytest.mark.parametrize(
    ("layers", "init", "expected"),
    [
        # Half of the signal passes a linear block, with Var 2/n, and the paths' overlap has 4 · ½ · ½ / n.
        ([linear(50), residual(linear(50)), linear(10)], {"scheme": "lecun"}, 2 / 50 / 4 + 1 / 50 + 2 / 50),
        ([linear(50), {"kind": "dropout", "p": 0.5}, linear(10)], {"scheme": "lecun"}, 2 / 50 + 3 / 50),
        ([linear(50), linear(200), linear(10)], {"scheme": "orthogonal"}, 2 / 50 - 2 / 200),
        ([linear(50), linear(50), linear(10)], {"scheme": "lsuv"}, 2 / 50 + 2 / 10),
    ],
    ids=["residual", "dropout", "orthogonal", "lsuv"],
)
def test_bands_of_other_layers(layers: list[dict[str, Any]], init: dict[str, Any], expected: float) -> None:
    assert variance(profile(*layers, init=init).layers[0]) == pytest.approx(expected, rel=1e-6)


def test_what_a_block_adds_lies_along_what_it_reads() -> None:
    """E[x f(x)] = E[x] E[f(x)], both of ReLU: √32 / 2π."""
    block = residual(linear(64), activation("relu"))
    found = profile(linear(64), *[block] * 3, linear(10), init={"scheme": "he"})
    assert [row.q for row in found.layers[:4]] == pytest.approx([2, 4, 8, 2 * (8 + 32**0.5 / np.pi)])


def test_positions_add_a_half() -> None:
    layers = {"kind": "embedding", "embedding_dim": 64}, {"kind": "positional_encoding"}, linear(96)
    found = profile(*layers, init={"scheme": "lecun"}, source={"kind": "text"})
    assert [row.q for row in found.layers] == pytest.approx([1, 1.5])


def test_batch_norm_over_few_samples() -> None:
    """(B − 2) / (B − 3) in linear networks; B / (B − 1) on top where samples have not been centered before."""
    norm = {"kind": "batch_norm", "eps": 1e-12}
    found = profile(*[linear(64), norm] * 4, linear(10), training={"batch_size": 16})
    assert found.layers[1].chi == pytest.approx(14 / 13, rel=1e-6)
    assert found.layers[0].chi == pytest.approx(14 / 13 * 16 / 15, rel=1e-6)
