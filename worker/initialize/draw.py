"""Fill a block by a scheme."""

from math import sqrt

import torch
from torch import Tensor, nn

from service.spec import initializers as schemes
from service.spec.frozen import Frozen
from worker.initialize.blocks import Block


def draw(block: Block, scheme: Frozen, slope: float, draws: torch.Generator) -> None:
    """Fills the block in place; `slope` is that of the leaky ReLU behind the layer, 0 without one."""
    values, fan_in, fan_out = block.values, block.fan_in, block.fan_out
    match scheme:
        case schemes.TorchDefault():
            draw(block, block.torch_default, slope, draws)
        case schemes.Zeros():
            values.zero_()
        case schemes.Constant():
            values.fill_(scheme.value)
        case schemes.Normal():
            values.normal_(scheme.mean, scheme.std, generator=draws)
        case schemes.Uniform():
            values.uniform_(scheme.low, scheme.high, generator=draws)
        case schemes.TruncatedNormal():
            low, high = scheme.mean - 2 * scheme.std, scheme.mean + 2 * scheme.std
            nn.init.trunc_normal_(values, scheme.mean, scheme.std, low, high, generator=draws)
        case schemes.Orthogonal() | schemes.LSUV():
            matrix = values.view(1, -1) if values.dim() == 1 else values
            nn.init.orthogonal_(matrix, getattr(scheme, "gain", 1.0), generator=draws)
        case schemes.Xavier():
            _spread(values, scheme.distribution, (scheme.gain or 1.0) * sqrt(2 / (fan_in + fan_out)), draws)
        case schemes.He():
            _spread(values, scheme.distribution, (scheme.gain or sqrt(2 / (1 + slope**2))) / sqrt(fan_in), draws)
        case schemes.LeCun():
            _spread(values, scheme.distribution, (scheme.gain or 1.0) / sqrt(fan_in), draws)
        case _:
            raise TypeError(f"no draw for {scheme!r}")


def _spread(values: Tensor, distribution: schemes.Distribution, std: float, draws: torch.Generator) -> None:
    if distribution == "normal":
        values.normal_(0.0, std, generator=draws)
    else:
        values.uniform_(-sqrt(3) * std, sqrt(3) * std, generator=draws)
