"""Start weights against the closed forms of their schemes."""

from collections.abc import Callable
from math import sqrt
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from service.spec.shapes import Shape, Tokens
from tests.experiments import activation, body, conv, deep, linear, residual, resolved
from tests.worker.started import alone, started
from worker.build import TapedNetwork, build
from worker.initialize import initialize

FAN_IN, FAN_OUT = 64, 512
CUT = sqrt(1 - 4 * 0.05399096651 / 0.9544997361)
"""A standard normal cut at ±2 has variance 1 − 4 φ(2) / (2 Φ(2) − 1)."""


def initialized(sent: dict[str, Any], seed: int = 0) -> tuple[TapedNetwork, Tensor]:
    run = resolved(sent)
    placed = run.placed()
    network = build(placed, run.network.layers)
    batch = torch.randn(256, 64, generator=torch.Generator().manual_seed(1))
    initialize(network, run.network, placed, seed, batch)
    return network, batch


def first_layer(init: dict[str, Any], function: str = "relu", **parameters: Any) -> nn.Module:
    network, _ = initialized(body(linear(FAN_OUT), activation(function, **parameters), linear(10), init=init))
    return network.layers[0]


STDS = [
    ({"scheme": "xavier"}, sqrt(2 / (FAN_IN + FAN_OUT))),
    ({"scheme": "xavier", "distribution": "uniform"}, sqrt(2 / (FAN_IN + FAN_OUT))),
    ({"scheme": "xavier", "gain": 5 / 3}, 5 / 3 * sqrt(2 / (FAN_IN + FAN_OUT))),
    ({"scheme": "he"}, sqrt(2 / FAN_IN)),
    ({"scheme": "he", "distribution": "uniform"}, sqrt(2 / FAN_IN)),
    ({"scheme": "he", "gain": 1.0}, sqrt(1 / FAN_IN)),
    ({"scheme": "lecun"}, sqrt(1 / FAN_IN)),
    ({"scheme": "torch_default"}, sqrt(1 / (3 * FAN_IN))),
    ({"scheme": "normal", "std": 0.3}, 0.3),
    ({"scheme": "uniform", "low": -0.6, "high": 0.6}, 0.6 / sqrt(3)),
    ({"scheme": "truncated_normal", "std": 0.1}, 0.1 * CUT),
    # 64 orthonormal columns of length 512: every entry has mean square 1 / 512.
    ({"scheme": "orthogonal"}, sqrt(1 / FAN_OUT)),
]


@pytest.mark.parametrize(("init", "std"), STDS, ids=str)
def test_has_the_spread_of_its_scheme(init: dict[str, Any], std: float) -> None:
    weight = first_layer(init).weight.detach()
    # 32768 draws: the standard error of a standard deviation is 0.4 % for a normal, less for the others.
    assert weight.std().item() == pytest.approx(std, rel=0.02)
    assert abs(weight.mean().item()) < 4 * std / sqrt(weight.numel())


@pytest.mark.parametrize(("function", "slope"), [("leaky_relu", 0.5), ("prelu", 0.5)])
def test_he_knows_the_leaky_relu_behind_the_layer(function: str, slope: float) -> None:
    weight = first_layer({"scheme": "he"}, function, negative_slope=slope).weight
    assert weight.std().item() == pytest.approx(sqrt(2 / (1 + slope**2) / FAN_IN), rel=0.02)


IMAGE, SEQUENCE, TOKENS = (8, 6, 6), (5, 64), Tokens((5,), 512)
MATRICES = [
    # A layer, what reaches it, a parameter, and the fans and number of the matrices that it holds.
    (conv("conv2d", 256, 3), IMAGE, "weight", 8 * 9, 256 * 9, 1),
    (conv("conv2d", 256, 3, groups=4), IMAGE, "weight", 2 * 9, 64 * 9, 1),
    (conv("conv1d", 512, 4), (32, 6), "weight", 32 * 4, 512 * 4, 1),
    (residual(conv("conv2d", 512, 1)), (32, 6, 6), "weight", 32, 512, 1),
    (residual(linear(512)), (64,), "weight", 64, 512, 1),
    ({"kind": "rnn", "hidden_size": 128}, SEQUENCE, "weight_ih_l0", 64, 128, 1),
    ({"kind": "lstm", "hidden_size": 128}, SEQUENCE, "weight_ih_l0", 64, 128, 4),
    ({"kind": "lstm", "hidden_size": 128, "bidirectional": True}, SEQUENCE, "weight_hh_l0_reverse", 128, 128, 4),
    ({"kind": "gru", "hidden_size": 64, "num_layers": 2}, SEQUENCE, "weight_ih_l1", 64, 64, 3),
    ({"kind": "self_attention"}, (5, 128), "in_proj_weight", 128, 128, 3),
    ({"kind": "self_attention"}, (5, 128), "out_proj.weight", 128, 128, 1),
    ({"kind": "embedding", "embedding_dim": 64}, TOKENS, "weight", 64, 512, 1),
]
SPREADS: list[tuple[dict[str, Any], Callable[[int, int], float]]] = [
    ({"scheme": "xavier"}, lambda fan_in, fan_out: sqrt(2 / (fan_in + fan_out))),
    ({"scheme": "he", "distribution": "uniform"}, lambda fan_in, fan_out: sqrt(2 / fan_in)),
    ({"scheme": "lecun"}, lambda fan_in, fan_out: sqrt(1 / fan_in)),
    ({"scheme": "normal", "std": 0.3}, lambda fan_in, fan_out: 0.3),
    ({"scheme": "uniform", "low": -0.6, "high": 0.6}, lambda fan_in, fan_out: 0.6 / sqrt(3)),
    ({"scheme": "truncated_normal", "std": 0.1}, lambda fan_in, fan_out: 0.1 * CUT),
    ({"scheme": "constant", "value": 0.2}, lambda fan_in, fan_out: 0.0),
]


@pytest.mark.parametrize(("layer", "shape", "name", "fan_in", "fan_out", "count"), MATRICES)
@pytest.mark.parametrize(("init", "spread"), SPREADS, ids=lambda value: str(value) if isinstance(value, dict) else "")
def test_every_matrix_has_the_spread_of_its_scheme(
    layer: dict[str, Any], shape: Shape, name: str, fan_in: int, fan_out: int, count: int, init: dict[str, Any],
    spread: Callable[[int, int], float],
) -> None:  # fmt: skip
    for matrix in alone({**layer, "init": init}, shape).get_parameter(name).detach().chunk(count):
        # At least 4096 draws: the standard error of a standard deviation is 1.1 % for a normal, less for the others.
        assert matrix.std().item() == pytest.approx(spread(fan_in, fan_out), rel=0.05, abs=1e-7)


@pytest.mark.parametrize(("layer", "shape", "name", "fan_in", "fan_out", "count"), MATRICES)
def test_every_matrix_is_orthogonal_on_its_own(
    layer: dict[str, Any], shape: Shape, name: str, fan_in: int, fan_out: int, count: int
) -> None:
    parameter = alone({**layer, "init": {"scheme": "orthogonal", "gain": 2.0}}, shape).get_parameter(name).detach()
    for matrix in parameter.flatten(1).chunk(count):
        product = matrix.T @ matrix if len(matrix) > matrix.shape[1] else matrix @ matrix.T
        torch.testing.assert_close(product, 4 * torch.eye(len(product)), atol=1e-4, rtol=0)


def test_the_networks_init_leaves_embeddings_alone() -> None:
    built, _ = started([{"kind": "embedding", "embedding_dim": 64}], TOKENS, {"scheme": "constant", "value": 1.0})
    assert built.layers[0].weight.std().item() == pytest.approx(1.0, rel=0.02)


def test_learned_positions_start_small() -> None:
    weight = alone({"kind": "positional_encoding", "learned": True}, (128, 64)).weight
    assert weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert torch.equal(weight, alone({"kind": "positional_encoding", "learned": True}, (128, 64)).weight)
    assert not torch.equal(weight, alone({"kind": "positional_encoding", "learned": True}, (128, 64), seed=1).weight)


def test_he_does_not_take_the_activation_behind_a_recurrent_layer_for_its_own() -> None:
    layers = [{"kind": "rnn", "hidden_size": 128, "nonlinearity": "relu"}, activation("leaky_relu", negative_slope=3.0)]
    built, _ = started(layers, SEQUENCE, {"scheme": "he"})
    assert built.layers[0].weight_hh_l0.std().item() == pytest.approx(sqrt(2 / 128), rel=0.05)


def test_orthogonal_is_an_isometry() -> None:
    weight = first_layer({"scheme": "orthogonal", "gain": 2.0}).weight.detach()
    torch.testing.assert_close(weight.T @ weight, 4 * torch.eye(FAN_IN), atol=1e-4, rtol=0)


def test_constant_is_constant() -> None:
    assert (first_layer({"scheme": "constant", "value": 0.25}).weight == 0.25).all()


BIASES = [
    ({"scheme": "he"}, 0.0, 0.0),
    ({"scheme": "torch_default"}, 0.0, sqrt(1 / (3 * FAN_IN))),
    ({"scheme": "he", "bias": {"scheme": "constant", "value": 0.1}}, 0.1, 0.0),
    ({"scheme": "he", "bias": {"scheme": "normal", "std": 0.2}}, 0.0, 0.2),
    ({"scheme": "torch_default", "bias": {"scheme": "zeros"}}, 0.0, 0.0),
]


@pytest.mark.parametrize(("init", "mean", "std"), BIASES, ids=str)
def test_biases_start_as_told(init: dict[str, Any], mean: float, std: float) -> None:
    bias = first_layer(init).bias.detach()
    assert bias.std().item() == pytest.approx(std, rel=0.15, abs=1e-6)
    assert bias.mean().item() == pytest.approx(mean, abs=4 * std / sqrt(FAN_OUT) + 1e-7)


def test_a_layer_may_bring_its_own_init() -> None:
    own = {"scheme": "constant", "value": 1.0}
    network, _ = initialized(body(linear(8, init=own), activation("relu"), linear(10), init={"scheme": "he"}))
    assert (network.layers[0].weight == 1.0).all()
    assert not (network.layers[2].weight == 1.0).any()


def test_an_inserted_layer_shifts_nobody_elses_weights() -> None:
    sick, _ = initialized(deep("sigmoid", depth=3))
    cured, _ = initialized({**deep("sigmoid", depth=3), "remedies": [{"kind": "batch_norm"}, {"kind": "residual"}]})
    weights = [module.weight for module in sick.layers if isinstance(module, nn.Linear)]
    kept = [module.weight for module in cured.layers if isinstance(module, nn.Linear)]
    assert len(weights) == len(kept) == 4
    for before, after in zip(weights, kept, strict=True):
        torch.testing.assert_close(before, after, atol=0, rtol=0)


def test_layers_and_seeds_differ() -> None:
    network, _ = initialized(deep("tanh", depth=3))
    other, _ = initialized(deep("tanh", depth=3), seed=1)
    assert not torch.equal(network.layers[0].weight, network.layers[2].weight)
    assert not torch.equal(network.layers[0].weight, other.layers[0].weight)
