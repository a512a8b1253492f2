"""How many samples pass a network at once where no batch size says so: in an evaluation, and where LSUV measures."""

from collections.abc import Sequence
from math import prod

from service.spec.layers import Recurrent, SelfAttention
from service.spec.network import PlacedLayer

_NUMBERS = 1 << 22
"""What the widest layer may hold of them: 16 MiB."""


def samples_at_once(placed: Sequence[PlacedLayer]) -> int:
    """As many as keep every layer of a forward pass within bounds; at least one."""
    return max(1, _NUMBERS // max(map(_held, placed)))


def _held(placed: PlacedLayer) -> int:
    """Numbers of one sample that a layer holds at once, whatever it puts out of them."""
    outputs = prod(placed.out_shape)
    match placed.layer:
        case Recurrent() as layer:  # the states of all time steps, of which `last` keeps one
            return placed.in_shape[0] * layer.directions * layer.hidden_size
        case SelfAttention() as layer:  # not every device and width has a kernel that forgets the weights of all pairs
            return max(outputs, layer.num_heads * placed.in_shape[0] ** 2)
        case _:
            return outputs
