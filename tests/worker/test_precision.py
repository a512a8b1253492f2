"""Half and double precision against float32: the same weights, the same batches, step by step."""

from typing import Any

import numpy as np
import pytest
import torch

from service.spec.optimizers import OPTIMIZERS
from service.trace.trace import Trace
from tests.experiments import activation, body, deep, linear, residual
from tests.worker.recording import trained
from worker.train.loss_scale import LossScale
from worker.train.precision import gradients_of_halves

# Entries of a half are 2⁻¹¹ off, those of a bfloat16 2⁻⁸. Such errors add up over the layers of a pass and over the
# steps, by their square root as they are independent: ten of them on what is measured here. A measure that sums over
# entries of both signs, or counts those beyond a bound, is as far off as the entries are, not as it is small itself.
TOLERANCE = {"float64": 1e-5, "float16": 10 * 2**-11, "bfloat16": 10 * 2**-8}
ENTRIES = {"activation_mean": 1.0, "saturated_fraction": 1.0, "dead_fraction": 1.0}
SMOOTH = deep("tanh", depth=10, width=32, init={"scheme": "xavier"}, training={"steps": 20, "batch_size": 64})
FAINT = deep("sigmoid", depth=12, width=32, init={"scheme": "xavier"}, training={"steps": 8, "batch_size": 64})
"""Its first layer's deltas are about 10⁻¹⁰ each: halves begin at 6 · 10⁻⁸."""
CONVOLUTIONS = body(
    {"kind": "conv2d", "out_channels": 8, "kernel_size": 3, "padding": 1}, activation("tanh"),
    residual({"kind": "conv2d", "out_channels": 8, "kernel_size": 1}, {"kind": "group_norm", "num_groups": 2}),
    {"kind": "avg_pool", "kernel_size": 2}, {"kind": "flatten"}, linear(10),
)  # fmt: skip
RECURRENT = body(
    {"kind": "lstm", "hidden_size": 8, "output": "sequence"}, {"kind": "self_attention", "num_heads": 2},
    {"kind": "gru", "hidden_size": 8}, {"kind": "layer_norm"}, linear(10), training={"steps": 8},
)  # fmt: skip
RNN = body({"kind": "rnn", "hidden_size": 8}, linear(10), training={"steps": 8})
CASES = {"smooth": SMOOTH, "faint": FAINT, "convolutions": CONVOLUTIONS, "recurrent": RECURRENT, "rnn": RNN}


def with_training(sent: dict[str, Any], **training: Any) -> dict[str, Any]:
    return {**sent, "training": {**sent["training"], **training}}


def of(sent: dict[str, Any], precision: str, **training: Any) -> Trace:
    return trained(with_training(sent, precision=precision, **training))[0]


def assert_alike(found: Trace, expected: Trace, tolerance: float) -> None:
    assert set(found.metrics) == set(expected.metrics)
    for metric, series in expected.metrics.items():
        other, rounding = found.metrics[metric], tolerance * ENTRIES.get(metric, 0.0)
        assert other.layers == series.layers
        if metric == "update_ratio":  # what is added to a float32 is rounded to its last place
            rounding = 2**-23
        np.testing.assert_allclose(other.values, series.values, rtol=tolerance, atol=rounding, err_msg=metric)
    for curve in ("loss", "validation_loss"):
        np.testing.assert_allclose(found.curves[curve].values, expected.curves[curve].values, rtol=tolerance)


@pytest.mark.parametrize("precision", TOLERANCE)
@pytest.mark.parametrize("case", CASES)
def test_traces_are_those_of_float32(case: str, precision: str) -> None:
    assert_alike(of(CASES[case], precision), of(CASES[case], "float32"), TOLERANCE[precision])


def test_an_accumulated_float16_run_is_the_plain_float32_run() -> None:
    half = of(SMOOTH, "float16", batch_size=16, grad_accumulation=4)
    assert_alike(half, of(SMOOTH, "float32"), TOLERANCE["float16"])
    assert_alike(of(RNN, "float16", batch_size=8, grad_accumulation=4), of(RNN, "float32"), TOLERANCE["float16"])


def test_without_scaling_faint_deltas_underflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.train.passes.LossScale", lambda: LossScale(start=1.0))
    plain, scaled = (of(FAINT, precision).metrics["delta_norm"].values for precision in ("float32", "float16"))
    assert plain.min() > 0
    assert (scaled[:, 0] == 0).all()


LARGE = deep("tanh", depth=4, width=32, init={"scheme": "normal", "std": 0.7}, training={"steps": 6, "batch_size": 64})


def test_an_overflow_is_done_again_on_the_same_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.train.passes.LossScale", lambda: LossScale(start=2.0**24))
    found, expected = of(LARGE, "float16"), of(LARGE, "float32")
    skipped, scale = (found.curves[name].values[:, 0] for name in ("skipped_steps", "loss_scale"))
    assert skipped[0] > 0
    assert scale[0] == 2.0 ** (24 - skipped[0])
    np.testing.assert_array_equal(scale[1:] * 2 ** np.cumsum(skipped[1:]), scale[0])
    np.testing.assert_allclose(
        found.metrics["grad_norm"].values[0], expected.metrics["grad_norm"].values[0], rtol=TOLERANCE["float16"]
    )
    assert (found.metrics["update_ratio"].values > 0).all()


def test_the_scale_grows_behind_good_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.train.passes.LossScale", lambda: LossScale(start=4.0, good_steps=3))
    curves = of(SMOOTH, "float16", steps=8).curves
    assert curves["loss_scale"].values[:, 0].tolist() == [4, 4, 4, 8, 8, 8, 16, 16]
    assert not curves["skipped_steps"].values.any()


def test_what_is_infinite_at_any_scale_is_recorded_and_moves_nothing() -> None:
    sent = deep("identity", depth=6, init={"scheme": "normal", "std": 10.0}, training={"steps": 3})
    found = of(sent, "float16")
    assert not np.isfinite(found.metrics["grad_norm"].values).all(axis=1).any()
    assert (found.metrics["update_ratio"].values == 0).all()
    np.testing.assert_array_equal(found.metrics["weight_norm"].values[0], found.metrics["weight_norm"].values[-1])
    assert (found.curves["skipped_steps"].values == 1).all()
    assert (found.curves["loss_scale"].values == 2.0**16).all()


def test_only_float16_has_a_scale() -> None:
    for precision in ("float32", "float64", "bfloat16"):
        assert not {"loss_scale", "skipped_steps"} & of(RNN, precision).curves.keys()


class TestLossScale:
    def test_halves_until_it_fits(self) -> None:
        scale, weight = LossScale(start=2.0**127), torch.tensor(3.0, requires_grad=True)
        [grad], [delta] = scale.gradients(8 * weight, [weight], [weight])
        assert (grad.item(), delta.item(), scale.scale, scale.thrown_away) == (8.0, 8.0, 2.0**124, 3)
        assert scale.settle() == (2.0**124, 3.0)
        assert scale.thrown_away == 0

    def test_gives_up_at_one(self) -> None:
        scale, weight = LossScale(start=4.0), torch.tensor(0.0, requires_grad=True)
        [grad], _ = scale.gradients(weight.sqrt(), [weight], [])
        assert grad.isinf()
        assert (scale.scale, scale.thrown_away, scale.overflowed) == (1.0, 3, True)

    def test_an_overflow_starts_the_count_anew(self) -> None:
        scale = LossScale(start=1.0, good_steps=2)
        for thrown_away, expected in [(0, 1), (1, 1), (0, 1), (0, 2), (0, 2), (0, 4)]:
            scale.thrown_away = thrown_away
            scale.settle()
            assert scale.scale == expected


def test_gradients_of_halves_come_in_float32() -> None:
    weight = torch.ones(2, requires_grad=True)
    watched = weight.half() * 2
    grads, deltas = gradients_of_halves(watched.float().sum(), [weight], [watched])
    assert [grad.tolist() for grad in (*grads, *deltas)] == [[2.0, 2.0], [1.0, 1.0]]
    assert deltas[0].dtype == torch.float32


@pytest.mark.parametrize("precision", ["float32", "float64", "bfloat16", "float16"])
@pytest.mark.parametrize("optimizer", [spec.model_fields["name"].default for spec in OPTIMIZERS])
def test_a_run_repeats_to_the_last_bit(optimizer: str, precision: str) -> None:
    sent = body({"kind": "dropout"}, linear(12), activation("relu"), linear(10), training={"steps": 6, "batch_size": 8})
    first, again = (
        of(sent, precision, optimizer={"name": optimizer}, lr_schedule="cosine", grad_accumulation=2) for _ in range(2)
    )
    for metric, series in first.metrics.items():
        np.testing.assert_array_equal(series.values, again.metrics[metric].values)
    assert np.isfinite(first.curves["loss"].values).all()
