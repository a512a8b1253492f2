"""Draw the start weights. Every layer draws from a generator of its own name."""

from collections.abc import Sequence
from itertools import takewhile
from math import prod, sqrt

import torch
from torch import Tensor, nn

from service.spec import initializers as schemes
from service.spec.frozen import Frozen
from service.spec.layers import NORMS, Activation, WeightLayer
from service.spec.network import Network, PlacedLayer
from worker.build import TapedNetwork
from worker.seeds import generator

_LEAKY = ("leaky_relu", "prelu")


def initialize(network: TapedNetwork, spec: Network, placed: Sequence[PlacedLayer], seed: int, batch: Tensor) -> None:
    """Draws every weight layer's weights and biases in place; LSUV measures on `batch` [B, *sample]."""
    with torch.no_grad():
        for index, layer in enumerate(placed):
            if layer.has_weight and isinstance(layer.layer, WeightLayer):
                _draw_layer(
                    network.layers[index], layer.layer.init or spec.init, layer.name, seed, _slope(placed, index)
                )
        _lsuv(network, spec, placed, batch)


def _draw_layer(module: nn.Module, init: schemes.Init, name: str, seed: int, slope: float) -> None:
    draws = generator(seed, "init", name)
    weight = next(tensor for name, tensor in module.named_parameters() if name.startswith("weight"))
    fan_in, fan_out = prod(weight.shape[1:]), weight.shape[0] * prod(weight.shape[2:])
    for parameter, tensor in module.named_parameters():
        scheme = init.bias if parameter.startswith("bias") else init
        draw(tensor, scheme, fan_in, fan_out, slope, draws)


def draw(tensor: Tensor, scheme: Frozen, fan_in: int, fan_out: int, slope: float, draws: torch.Generator) -> None:
    """Fills `tensor` by `scheme`; `slope` is that of the leaky ReLU behind the layer, 0 without one."""
    match scheme:
        case schemes.Zeros():
            tensor.zero_()
        case schemes.Constant():
            tensor.fill_(scheme.value)
        case schemes.TorchDefault():
            tensor.uniform_(-1 / sqrt(fan_in), 1 / sqrt(fan_in), generator=draws)
        case schemes.Normal():
            tensor.normal_(scheme.mean, scheme.std, generator=draws)
        case schemes.Uniform():
            tensor.uniform_(scheme.low, scheme.high, generator=draws)
        case schemes.TruncatedNormal():
            low, high = scheme.mean - 2 * scheme.std, scheme.mean + 2 * scheme.std
            nn.init.trunc_normal_(tensor, scheme.mean, scheme.std, low, high, generator=draws)
        case schemes.Orthogonal() | schemes.LSUV():
            matrix = tensor.view(1, -1) if tensor.dim() == 1 else tensor
            nn.init.orthogonal_(matrix, getattr(scheme, "gain", 1.0), generator=draws)
        case schemes.Xavier():
            _spread(tensor, scheme.distribution, (scheme.gain or 1.0) * sqrt(2 / (fan_in + fan_out)), draws)
        case schemes.He():
            _spread(tensor, scheme.distribution, (scheme.gain or sqrt(2 / (1 + slope**2))) / sqrt(fan_in), draws)
        case schemes.LeCun():
            _spread(tensor, scheme.distribution, (scheme.gain or 1.0) / sqrt(fan_in), draws)
        case _:
            raise TypeError(f"no draw for {scheme!r}")


def _spread(tensor: Tensor, distribution: schemes.Distribution, std: float, draws: torch.Generator) -> None:
    if distribution == "normal":
        tensor.normal_(0.0, std, generator=draws)
    else:
        tensor.uniform_(-sqrt(3) * std, sqrt(3) * std, generator=draws)


def _slope(placed: Sequence[PlacedLayer], index: int) -> float:
    """Negative slope of the leaky ReLU that reads this layer, norms in between passed over; 0 for anything else."""
    behind = placed[index + 1 :]
    norms = sum(1 for _ in takewhile(lambda layer: isinstance(layer.layer, NORMS), behind))
    reader = behind[norms].layer if norms < len(behind) else None
    if isinstance(reader, Activation) and reader.function in _LEAKY:
        return reader.parameters["negative_slope"]
    return 0.0


def _lsuv(network: TapedNetwork, spec: Network, placed: Sequence[PlacedLayer], batch: Tensor) -> None:
    """Scales each LSUV layer, in depth order, until its output has unit variance on `batch` (Mishkin & Matas 2016)."""
    for index, layer in enumerate(placed):
        if not (layer.has_weight and isinstance(layer.layer, WeightLayer)):
            continue
        if isinstance(layer.layer.init or spec.init, schemes.LSUV):
            for _ in range(10):
                tape: list[Tensor] = []
                network(batch, tape)
                std = float(tape[index].std())
                if not std > 0 or abs(std - 1) < 0.01:
                    break
                for name, tensor in network.layers[index].named_parameters():
                    if name.startswith("weight"):
                        tensor.div_(std)
