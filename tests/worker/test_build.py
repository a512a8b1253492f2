"""Every layer kind: what the service says of it without torch is what torch builds."""

from typing import Any

import pytest
import torch

from service.spec.layers import LAYER_KINDS, Repeat, Residual
from tests.experiments import activation, body, experiment, linear, repeat, residual, resolved
from worker.build import build
from worker.targets import resolve

KINDS: list[tuple[dict[str, Any], tuple[int, ...]]] = [
    (linear(5), (7,)),
    (linear(5, bias=False), (3, 7)),
    (activation("prelu"), (7,)),
    (activation("softmax"), (3, 7)),
    ({"kind": "batch_norm"}, (7,)),
    ({"kind": "batch_norm", "affine": False}, (3, 7)),
    ({"kind": "batch_norm"}, (3, 7, 5)),
    ({"kind": "layer_norm"}, (7,)),
    ({"kind": "layer_norm", "bias": False}, (3, 7)),
    ({"kind": "layer_norm", "elementwise_affine": False}, (3, 7)),
    ({"kind": "dropout"}, (3, 7)),
    ({"kind": "flatten"}, (3, 7, 5)),
]


@pytest.mark.parametrize(("sent", "shape"), KINDS)
def test_shapes_and_parameters_are_those_of_torch(sent: dict[str, Any], shape: tuple[int, ...]) -> None:
    layer = experiment(body(sent)).network.layers[0]
    call = layer.module(shape)
    module = resolve(call.target)(**call.arguments)
    assert module(torch.randn(4, *shape)).shape == (4, *layer.out_shape(shape))
    assert {name: tuple(one.shape) for name, one in module.named_parameters()} == layer.parameter_shapes(shape)


def test_every_kind_has_a_case() -> None:
    containers = {Repeat, Residual}
    assert {sent["kind"] for sent, _ in KINDS} == {
        kind.model_fields["kind"].default for kind in LAYER_KINDS if kind not in containers
    }


def test_a_network_puts_out_the_shapes_of_its_layers_in_depth_order() -> None:
    inside = residual(linear(32), {"kind": "batch_norm"}, activation("relu"))
    run = resolved(body(residual(repeat(2, inside), linear(16)), {"kind": "flatten"}, linear(10)))
    placed = run.placed()
    network = build(placed, run.network.layers)
    tape: list[torch.Tensor] = []
    outputs = network(torch.randn(4, 64), tape)
    assert [tuple(output.shape[1:]) for output in tape] == [layer.out_shape for layer in placed]
    assert [sum(one.numel() for one in module.parameters()) for module in network.layers] == [
        layer.parameters for layer in placed
    ]
    assert outputs is tape[-1]


def test_a_residual_adds_its_input_to_what_its_layers_make_of_it() -> None:
    run = resolved(body(residual(linear(64)), residual(linear(32)), linear(10)))
    network = build(run.placed(), run.network.layers)
    tape: list[torch.Tensor] = []
    inputs = torch.randn(4, 64)
    network(inputs, tape)
    first, second, projection = (network.layers[row] for row in (0, 2, 3))
    torch.testing.assert_close(tape[1], inputs + first(inputs))
    torch.testing.assert_close(tape[3], second(tape[1]) + projection(tape[1]))
