"""Which parts of a layer's parameters are drawn on their own, and what torch's module would draw there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod, sqrt

from torch import Tensor, nn

from service.spec.frozen import Frozen
from service.spec.initializers import Normal, Uniform, Zeros
from service.spec.layers import AnyLayer, Embedding, Recurrent, SelfAttention


@dataclass(frozen=True, slots=True)
class Block:
    """A matrix of its own (or a bias beside one), inside a parameter that may hold several."""

    values: Tensor
    is_bias: bool
    fan_in: int
    fan_out: int
    torch_default: Frozen
    """The scheme by which torch's own module starts."""


def blocks(module: nn.Module, layer: AnyLayer) -> Iterator[Block]:
    """The blocks of a weight layer, in the order of the module's parameters."""
    match layer:
        case Embedding():
            (weight,) = module.parameters()
            yield Block(weight, False, weight.shape[1], weight.shape[0], Normal())
        case Recurrent():
            yield from _gates(module, layer)
        case SelfAttention():
            yield from _attention(module)
        case _:
            yield from _product(module)


def _product(module: nn.Module) -> Iterator[Block]:
    """A linear map, or the one that a convolution applies to each window and within each group of channels."""
    weight = module.get_parameter("weight")
    window = prod(weight.shape[2:])
    fan_in, fan_out = weight.shape[1] * window, weight.shape[0] // getattr(module, "groups", 1) * window
    for name, parameter in module.named_parameters():
        yield Block(parameter, name == "bias", fan_in, fan_out, _within(1 / sqrt(fan_in)))


def _gates(module: nn.Module, layer: Recurrent) -> Iterator[Block]:
    """Every gate: it reads all inputs or all states, and writes a state of its own."""
    default = _within(1 / sqrt(layer.hidden_size))
    for name, parameter in module.named_parameters():
        is_bias = name.startswith("bias")
        fan_in = module.get_parameter(name.replace("bias", "weight")).shape[1]
        for gate in parameter.chunk(layer.gates):
            yield Block(gate, is_bias, fan_in, layer.hidden_size, default)


def _attention(module: nn.Module) -> Iterator[Block]:
    """The maps to queries, keys and values, and the one behind them; torch spreads the three as if they were one."""
    width = module.get_parameter("out_proj.weight").shape[0]
    for name, parameter in module.named_parameters():
        is_bias, joint = name.endswith("bias"), name.startswith("in_proj")
        weights = _within(sqrt(6 / (width + 3 * width)) if joint else 1 / sqrt(width))
        parts: Sequence[Tensor] = parameter.chunk(3) if joint else (parameter,)
        for part in parts:
            yield Block(part, is_bias, width, width, Zeros() if is_bias else weights)


def _within(bound: float) -> Uniform:
    return Uniform(low=-bound, high=bound)
