"""The default init: parameters start as those of torch's own modules do."""

from math import sqrt
from typing import Any

import pytest
from torch import nn

from service.spec.network import Network, place
from service.spec.shapes import Shape, Tokens
from tests.experiments import activation, conv, linear
from tests.worker.started import alone
from worker.targets import resolve

SEQUENCE, TOKENS = (5, 64), Tokens((5,), 512)
TWINS = [
    (linear(64), (64,)),
    (conv("conv2d", 64, 3, groups=2), (16, 6, 6)),
    (conv("conv1d", 64, 4, padding="same"), (16, 6)),
    ({"kind": "embedding", "embedding_dim": 64}, TOKENS),
    ({"kind": "rnn", "hidden_size": 64, "nonlinearity": "relu"}, SEQUENCE),
    ({"kind": "lstm", "hidden_size": 64, "num_layers": 2, "bidirectional": True}, SEQUENCE),
    ({"kind": "gru", "hidden_size": 64}, SEQUENCE),
    ({"kind": "self_attention"}, SEQUENCE),
    (activation("prelu"), (64,)),
    ({"kind": "batch_norm"}, (64,)),
    ({"kind": "layer_norm"}, (64,)),
    ({"kind": "group_norm", "num_groups": 4}, (64,)),
]


@pytest.mark.parametrize(("layer", "shape"), TWINS)
def test_the_default_is_what_torch_does_on_its_own(layer: dict[str, Any], shape: Shape) -> None:
    call = place(Network.model_validate({"layers": [layer]}), shape)[0].layer.module(shape)
    own = dict(alone(layer, shape).named_parameters())
    # Torch's own attention, as ours has to start its parameters itself.
    twin = (
        nn.MultiheadAttention(shape[-1], 1)
        if layer["kind"] == "self_attention"
        else resolve(call.target)(**call.arguments)
    )
    for name, expected in twin.named_parameters():
        drawn, wanted = own[name].detach(), expected.detach()
        error = wanted.std(correction=0).item() / sqrt(wanted.numel())
        assert drawn.mean().item() == pytest.approx(wanted.mean().item(), abs=6 * error + 1e-7)
        assert drawn.std(correction=0).item() == pytest.approx(wanted.std(correction=0).item(), rel=0.2)
        bound = wanted.abs().max().item()
        assert layer["kind"] == "embedding" or drawn.abs().max().item() == pytest.approx(bound, rel=0.2)
