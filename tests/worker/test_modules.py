"""Modules of our own against torch's, value for value."""

import warnings
from math import cos, sin
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from worker.modules.attention import SelfAttention
from worker.modules.convolution import Conv1d, Conv2d
from worker.modules.positions import LearnedPositions, Sinusoids
from worker.modules.recurrent import GRU, LSTM, RNN, Output, Recurrent

TIME, FEATURES, HIDDEN = 7, 3, 5
PAIRS: list[tuple[type[Recurrent], type[nn.RNNBase], dict[str, Any]]] = [
    (RNN, nn.RNN, {}), (RNN, nn.RNN, {"nonlinearity": "relu", "bias": False}), (LSTM, nn.LSTM, {}), (GRU, nn.GRU, {}),
]  # fmt: skip


@pytest.mark.parametrize(("ours", "theirs", "arguments"), PAIRS)
@pytest.mark.parametrize("output", ["last", "sequence"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_recurrent_module_is_torchs_in_one_tensor(
    ours: type[Recurrent], theirs: type[nn.RNNBase], arguments: dict[str, Any], output: Output, bidirectional: bool
) -> None:
    both = {"num_layers": 2, "bidirectional": bidirectional, **arguments}
    plain = theirs(FEATURES, HIDDEN, batch_first=True, **both)
    module = ours(FEATURES, HIDDEN, output=output, **both)
    module.load_state_dict(plain.state_dict())
    flat = _made_views_of_one_tensor(module.to("cpu"))
    flat.mul_(1.5)
    for parameter in plain.parameters():
        parameter.data.mul_(1.5)
    inputs = torch.randn(4, TIME, FEATURES)
    states, _ = plain(inputs)
    if output == "last":
        states = torch.cat([states[:, -1, :HIDDEN], states[:, 0, HIDDEN:]], dim=1)
    found = module(inputs)
    torch.testing.assert_close(found, states, atol=0, rtol=0)
    grads = torch.autograd.grad(found.square().sum(), list(module.parameters()))
    expected = torch.autograd.grad(states.square().sum(), list(plain.parameters()))
    torch.testing.assert_close(grads, expected, atol=0, rtol=0)


def _made_views_of_one_tensor(module: nn.Module) -> Tensor:
    flat = torch.cat([parameter.detach().reshape(-1) for parameter in module.parameters()])
    sizes = [parameter.numel() for parameter in module.parameters()]
    for parameter, part in zip(module.parameters(), flat.split(sizes), strict=True):
        parameter.data = part.view(parameter.shape)
    return flat


def test_a_recurrent_module_leaves_its_parameters_where_they_are() -> None:
    """On the device where torch's would move them, if there is one."""
    module = LSTM(FEATURES, HIDDEN, output="last").to("cuda" if torch.cuda.is_available() else "cpu")
    flat = _made_views_of_one_tensor(module)
    module.flatten_parameters()
    assert module.weight_hh_l0.untyped_storage().data_ptr() == flat.untyped_storage().data_ptr()


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("causal", [False, True])
def test_self_attention_is_torchs(bias: bool, causal: bool) -> None:
    plain = nn.MultiheadAttention(6, 3, bias=bias, batch_first=True)
    module = SelfAttention(embed_dim=6, num_heads=3, causal=causal, bias=bias)
    with torch.no_grad():
        for parameter in plain.parameters():
            parameter.normal_()
    module.load_state_dict(plain.state_dict())
    inputs = torch.randn(4, TIME, 6)
    mask = nn.Transformer.generate_square_subsequent_mask(TIME) if causal else None
    expected, _ = plain(inputs, inputs, inputs, need_weights=False, attn_mask=mask, is_causal=causal)
    torch.testing.assert_close(module(inputs), expected)


@pytest.mark.parametrize("kernel", [2, 4])
@pytest.mark.parametrize("dilation", [1, 3])
def test_same_padding_with_an_even_kernel_is_torchs(kernel: int, dilation: int) -> None:
    reach = dilation * (kernel - 1)
    for module, inputs, convolve in (
        (_even(Conv1d, kernel, dilation, axes=1), torch.randn(2, 4, 9), functional.conv1d),
        (_even(Conv2d, kernel, dilation, axes=2), torch.randn(2, 4, 9, 8), functional.conv2d),
    ):
        assert reach % 2
        with warnings.catch_warnings(action="ignore"):
            expected = convolve(inputs, module.weight, module.bias, padding="same", dilation=dilation)
        torch.testing.assert_close(module(inputs), expected)


def _even(kind: type[Conv1d | Conv2d], kernel: int, dilation: int, axes: int) -> Any:
    reach = dilation * (kernel - 1)
    padding = {"padding": (reach // 2,) * axes, "beyond": (1,) * axes}
    return kind(in_channels=4, out_channels=6, kernel_size=(kernel,) * axes, dilation=(dilation,) * axes, **padding)


@pytest.mark.parametrize("features", [1, 5, 6])
def test_sinusoids_have_their_closed_form(features: int) -> None:
    found = Sinusoids(time=TIME, features=features)(torch.zeros(2, TIME, features))
    for time in range(TIME):
        for feature in range(features):
            angle = time / 10_000 ** ((feature - feature % 2) / features)
            expected = cos(angle) if feature % 2 else sin(angle)
            assert found[:, time, feature].tolist() == pytest.approx([expected] * 2, abs=1e-6)


def test_learned_positions_are_added() -> None:
    module = LearnedPositions(time=TIME, features=FEATURES)
    nn.init.normal_(module.weight)
    inputs = torch.randn(2, TIME, FEATURES)
    torch.testing.assert_close(module(inputs) - inputs, module.weight.detach().expand_as(inputs), atol=1e-6, rtol=0)
