"""Every layer kind: what the service says of it without torch is what torch builds."""

from typing import Any

import pytest
import torch

from service.spec.layers import LAYER_KINDS, Repeat, Residual
from service.spec.network import place
from service.spec.shapes import Shape, Tokens
from tests.experiments import activation, body, conv, experiment, linear, repeat, residual, resolved
from tests.worker.samples import samples
from worker.build import build
from worker.targets import resolve

RECURRENT = {"hidden_size": 5}
KINDS: list[tuple[dict[str, Any], Shape]] = [
    (linear(5), (7,)),
    (linear(5, bias=False), (3, 7)),
    (conv("conv1d", 6, 3), (4, 9)),
    (conv("conv1d", 6, 4, padding="same", bias=False), (4, 9)),
    (conv("conv1d", 6, 3, stride=2, padding=2, dilation=2, groups=2), (4, 9)),
    (conv("conv2d", 6, 3), (4, 9, 8)),
    (conv("conv2d", 6, [3, 2], padding="same", dilation=[1, 3]), (4, 9, 8)),
    (conv("conv2d", 6, 2, padding="valid", stride=[2, 3]), (4, 9, 8)),
    (conv("conv2d", 8, 3, padding=[2, 0], groups=4, bias=False), (4, 9, 8)),
    (activation("prelu"), (7,)),
    (activation("softmax"), (3, 7)),
    ({"kind": "batch_norm"}, (7,)),
    ({"kind": "batch_norm", "affine": False}, (3, 7)),
    ({"kind": "batch_norm"}, (3, 7, 5)),
    ({"kind": "layer_norm"}, (7,)),
    ({"kind": "layer_norm", "bias": False}, (3, 7)),
    ({"kind": "layer_norm", "elementwise_affine": False}, (3, 7)),
    ({"kind": "group_norm", "num_groups": 3}, (6,)),
    ({"kind": "group_norm", "num_groups": 6, "affine": False}, (6, 2)),
    ({"kind": "group_norm", "num_groups": 1}, (6, 7, 5)),
    ({"kind": "dropout"}, (3, 7)),
    ({"kind": "flatten"}, (3, 7, 5)),
    ({"kind": "transpose"}, (7, 5)),
    ({"kind": "max_pool", "kernel_size": 3}, (4, 10)),
    ({"kind": "max_pool", "kernel_size": [3, 2], "stride": 1, "padding": [1, 0]}, (4, 10, 9)),
    ({"kind": "avg_pool", "kernel_size": 3, "padding": 1}, (4, 10)),
    ({"kind": "avg_pool", "kernel_size": 2, "stride": [3, 2]}, (4, 10, 9)),
    ({"kind": "global_avg_pool"}, (4, 10)),
    ({"kind": "global_avg_pool"}, (4, 10, 9)),
    ({"kind": "embedding", "embedding_dim": 5}, Tokens((7,), 11)),
    ({"kind": "embedding", "embedding_dim": 5, "num_embeddings": 20}, Tokens((), 11)),
    ({"kind": "rnn", **RECURRENT}, (7, 3)),
    ({"kind": "rnn", **RECURRENT, "nonlinearity": "relu", "bias": False, "output": "sequence"}, (7, 3)),
    ({"kind": "lstm", **RECURRENT, "num_layers": 3, "bidirectional": True}, (7, 3)),
    ({"kind": "lstm", **RECURRENT, "output": "sequence", "bias": False}, (1, 3)),
    ({"kind": "gru", **RECURRENT, "num_layers": 2, "output": "sequence"}, (7, 3)),
    ({"kind": "gru", **RECURRENT, "bidirectional": True}, (7, 3)),
    ({"kind": "self_attention"}, (7, 6)),
    ({"kind": "self_attention", "num_heads": 3, "causal": True, "bias": False}, (7, 6)),
    ({"kind": "positional_encoding"}, (7, 5)),
    ({"kind": "positional_encoding", "learned": True}, (7, 6)),
]


@pytest.mark.parametrize(("sent", "shape"), KINDS)
def test_shapes_and_parameters_are_those_of_torch(sent: dict[str, Any], shape: Shape) -> None:
    layer = experiment(body(sent)).network.layers[0]
    call = layer.module(shape)
    module = resolve(call.target)(**call.arguments)
    assert module(samples(shape)).shape == (2, *layer.out_shape(shape))
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


@pytest.mark.parametrize(("kind", "shape"), [("conv1d", (4, 9)), ("conv2d", (4, 9, 6))])
def test_a_residual_around_convolutions_projects_its_channels_with_their_stride(kind: str, shape: Shape) -> None:
    sent = residual(conv(kind, 6, 3, stride=2, padding=1), conv(kind, 6, 3, padding="same"))
    network = experiment(body(sent)).network
    placed = place(network, shape)
    built = build(placed, network.layers)
    inputs = samples(shape)
    tape: list[torch.Tensor] = []
    built(inputs, tape)
    every_second = inputs[(..., *[slice(None, None, 2)] * (len(shape) - 1))]
    projected = torch.einsum("oc,bc...->bo...", built.layers[2].weight.flatten(1), every_second)
    torch.testing.assert_close(tape[2], tape[1] + projected)
