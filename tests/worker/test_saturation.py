"""Saturation against the derivative itself, by autograd."""

import pytest
import torch

from tests.experiments import activation, body, linear, resolved
from worker.build import build
from worker.probes.saturation import SHARE, saturation_of

CASES = [
    activation("tanh"), activation("sigmoid"), activation("softsign"), activation("hardtanh"),
    activation("hardtanh", min_val=-0.5, max_val=2.0), activation("relu"), activation("elu"),
    activation("elu", alpha=3.0), activation("selu"), activation("softplus"), activation("softplus", beta=2.0),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_equals_the_derivative(case: dict[str, object]) -> None:
    run = resolved(body(linear(8), case, linear(10)))
    placed = run.placed()
    module = build(placed, run.network.layers).layers[1]
    inputs = torch.linspace(-30, 30, 60_001, requires_grad=True)
    outputs = module(inputs)
    (slopes,) = torch.autograd.grad(outputs.sum(), inputs)
    saturation = saturation_of(placed[1].layer)
    assert saturation is not None
    found = saturation.mask(outputs.detach(), torch.empty_like(outputs)).bool()
    expected = slopes.abs() < SHARE * slopes.abs().max()
    # Float32 rounds at the very boundary: the two may differ in the few points next to it, and nowhere else.
    assert (found != expected).sum() <= 4
    assert 0 < expected.sum() < len(inputs)


@pytest.mark.parametrize("function", ["leaky_relu", "prelu", "gelu", "silu", "mish", "exponential", "identity"])
def test_is_not_told_where_the_output_does_not_tell_it(function: str) -> None:
    layer = resolved(body(linear(8), activation(function), linear(10))).placed()[1].layer
    assert saturation_of(layer) is None


def test_a_linear_layer_has_none() -> None:
    assert saturation_of(resolved(body()).placed()[0].layer) is None
