"""What reaches the network, told at step 0."""

from math import sqrt
from typing import Any

import pytest
import torch

from tests.experiments import body, conv, linear, resolved
from tests.worker.recording import trained
from worker.probes import inputs
from worker.probes.inputs import input_curves

NAMES = ["input_mean", "input_std", "input_max", "input_second_moment", "input_spread"]
VECTORS = resolved(body(linear(3), source={"kind": "iris"}))
IMAGES = resolved(body(conv("conv2d", 2, 3), {"kind": "flatten"}, linear(10)))


def test_moments_of_vectors() -> None:
    samples = torch.tensor([[1.0, 10.0, 7.0, 0.0], [3.0, 30.0, 7.0, -4.0]])
    told = input_curves(samples, VECTORS)
    assert list(told) == NAMES
    assert told["input_mean"] == pytest.approx(float(samples.mean()))
    assert told["input_std"] == pytest.approx(float(samples.std(correction=0)))
    assert told["input_max"] == 30
    assert told["input_second_moment"] == pytest.approx(float(samples.square().mean()))
    assert told["input_spread"] == pytest.approx(10 / 2), "the widest varies by 10, the median one of 1, 2 and 10 by 2"


def test_a_channel_is_one_feature() -> None:
    samples = (
        torch.rand(50, 2, 8, 8, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 6.0])[:, None, None]
    )
    deviations = samples.std(dim=(0, 2, 3), correction=0)
    assert input_curves(samples, IMAGES)["input_spread"] == pytest.approx(float(deviations.max() / deviations.min()))


def test_nothing_varies() -> None:
    told = input_curves(torch.full((4, 4), -2.0), VECTORS)
    assert [told[name] for name in NAMES] == [-2, 0, 2, 4, 1]


def test_small_variations_far_from_zero_keep_their_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "_BLOCK", 12)
    noise = torch.randn(100, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert input_curves(noise + 1e9, VECTORS)["input_std"] == pytest.approx(float(noise.std(correction=0)), rel=1e-6)


def test_it_is_recorded_once() -> None:
    trace, _ = trained(body(data={"normalize": "none"}, training={"steps": 150}))
    curves = {name: trace.curves[name] for name in NAMES}
    assert {tuple(curve.steps) for curve in curves.values()} == {(0,)}
    assert sqrt(curves["input_second_moment"].values[0, 0]) == pytest.approx(7.7, abs=0.1)
    assert curves["input_max"].values[0, 0] == 16


def test_tokens_are_no_numbers() -> None:
    layers: tuple[dict[str, Any], ...] = (
        {"kind": "embedding", "embedding_dim": 4}, {"kind": "flatten"}, linear(96),
    )  # fmt: skip
    trace, _ = trained(body(*layers, source={"kind": "text", "length": 8}))
    assert not set(NAMES) & set(trace.curves)
