"""Layer-sequential unit variance: what it scales, and that measuring leaves no trace."""

import pytest
import torch
from torch import nn

from service.spec.layers import Convolution, Linear
from service.spec.network import Network, place, unroll
from tests.experiments import activation, conv, linear, residual
from tests.worker.samples import samples
from tests.worker.started import alone, started
from worker.build import build
from worker.initialize import initialize

IMAGE = (1, 8, 8)
LSUV = {"scheme": "lsuv"}


def test_lsuv_gives_every_layer_unit_variance() -> None:
    layers = [layer for _ in range(6) for layer in (linear(64), activation("tanh"))]
    network, _ = started(layers, (64,), LSUV, count=256)
    for output in list(network.outputs(samples((64,), 256)))[0::2]:
        assert output.std().item() == pytest.approx(1.0, abs=0.02)


def test_one_number_has_no_variance_to_scale() -> None:
    network, _ = started([linear(1)], (3,), LSUV, count=1)
    assert network.layers[0].weight.norm().item() == pytest.approx(1.0)


CNN = [
    conv("conv2d", 16, 3, padding="same"), {"kind": "batch_norm"}, activation("relu"), {"kind": "dropout", "p": 0.5},
    residual(conv("conv2d", 16, 3, padding="same"), activation("relu"), {"kind": "dropout", "p": 0.5}),
    conv("conv2d", 8, 3, stride=2), {"kind": "flatten"}, linear(10),
]  # fmt: skip


def test_lsuv_scales_convolutions_and_leaves_no_trace_of_its_measuring() -> None:
    network = unroll(Network.model_validate({"layers": CNN, "init": LSUV}))
    placed = place(network, IMAGE)
    built = build(placed, network.layers)
    state, batch = torch.get_rng_state(), samples(IMAGE, 256)
    initialize(built, network, placed, 0, batch)
    assert torch.equal(torch.get_rng_state(), state)
    norm = built.layers[1]
    assert (norm.running_mean == 0).all()
    assert (norm.running_var == 1).all()
    assert norm.num_batches_tracked == 0
    assert all(module.training for module in built.modules())
    for module in built.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    for output, layer in zip(built.outputs(batch), placed, strict=True):
        if isinstance(layer.layer, Linear | Convolution):
            assert output.std().item() == pytest.approx(1.0, abs=0.02)


def test_lsuv_leaves_the_projection_of_a_skip_path_orthogonal() -> None:
    projection = alone(residual(linear(64, init=LSUV), init=LSUV), (32,))
    torch.testing.assert_close(projection.weight.T @ projection.weight, torch.eye(32), atol=1e-4, rtol=0)
