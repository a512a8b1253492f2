"""Recurrent layers unrolled: fused kernels keep no h_t that a gradient could be asked for, these do."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

_State = tuple[Tensor, ...]
_Cell = Callable[[Tensor, _State, Tensor, Tensor | None], _State]
"""From W_ih x_t + b_ih [B, gates · H] and the state, whose first part is h [B, H], to the next; with W_hhᵀ and b_hh."""


@dataclass(frozen=True, slots=True)
class Direction:
    """One direction of one layer of a stack, its weights without gradients."""

    cell: _Cell
    state_parts: int
    """Tensors of [B, H] that the state consists of."""
    reads_backward: bool
    w_ih: Tensor
    w_hh: Tensor
    b_ih: Tensor | None
    b_hh: Tensor | None

    def run(self, x: Tensor, *, in_graph: bool) -> list[Tensor]:
        """h_t [B, H] for each t of `x` [T, B, features], by t whichever way it reads; `in_graph`: a gradient can be
        asked for each of them. In the precision of the weights."""
        projected = linear(x.to(self.w_ih.dtype), self.w_ih, self.b_ih).unbind(0)
        start = projected[0].new_zeros(x.shape[1], self.w_hh.shape[1])
        state: _State = (start.requires_grad_(in_graph),) * self.state_parts
        weight, states = self.w_hh.t(), []
        for step in reversed(projected) if self.reads_backward else projected:
            state = self.cell(step, state, weight, self.b_hh)
            states.append(state[0])
        return states[::-1] if self.reads_backward else states

    def read_last(self, states: list[Tensor]) -> Tensor:
        """Of what `run` gave, the state behind the last step read."""
        return states[0] if self.reads_backward else states[-1]


def directions(module: nn.RNNBase, layer: int) -> list[Direction]:
    """Those of one layer of a module with PyTorch's names for modes and parameters; forward comes first."""
    cell, parts = _CELLS[module.mode]

    def weight(name: str) -> Tensor:
        return module.get_parameter(name).detach()

    return [
        Direction(
            cell=cell,
            state_parts=parts,
            reads_backward=bool(suffix),
            w_ih=weight(f"weight_ih_l{layer}{suffix}"),
            w_hh=weight(f"weight_hh_l{layer}{suffix}"),
            b_ih=weight(f"bias_ih_l{layer}{suffix}") if module.bias else None,
            b_hh=weight(f"bias_hh_l{layer}{suffix}") if module.bias else None,
        )
        for suffix in (("", "_reverse") if module.bidirectional else ("",))
    ]


@torch.no_grad()
def entering_top(module: nn.RNNBase, x: Tensor) -> Tensor:
    """What the layers below put into the top one of a stack, [T, B, features] as `x` is."""
    for layer in range(module.num_layers - 1):
        x = torch.cat([torch.stack(one.run(x, in_graph=False)) for one in directions(module, layer)], dim=-1)
    return x


def _recurred(h: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    return h @ weight if bias is None else torch.addmm(bias, h, weight)


def _tanh(x: Tensor, state: _State, weight: Tensor, bias: Tensor | None) -> _State:
    return (torch.tanh(x + _recurred(state[0], weight, bias)),)


def _relu(x: Tensor, state: _State, weight: Tensor, bias: Tensor | None) -> _State:
    return (torch.relu(x + _recurred(state[0], weight, bias)),)


def _lstm(x: Tensor, state: _State, weight: Tensor, bias: Tensor | None) -> _State:
    h, cell = state
    gate_in, gate_forget, new, gate_out = (x + _recurred(h, weight, bias)).chunk(4, dim=1)
    cell = torch.sigmoid(gate_forget) * cell + torch.sigmoid(gate_in) * torch.tanh(new)
    return torch.sigmoid(gate_out) * torch.tanh(cell), cell


def _gru(x: Tensor, state: _State, weight: Tensor, bias: Tensor | None) -> _State:
    [h] = state
    x_reset, x_update, x_new = x.chunk(3, dim=1)
    h_reset, h_update, h_new = _recurred(h, weight, bias).chunk(3, dim=1)
    new = torch.tanh(x_new + torch.sigmoid(x_reset + h_reset) * h_new)
    return (new + torch.sigmoid(x_update + h_update) * (h - new),)


_CELLS: dict[str, tuple[_Cell, int]] = {
    "RNN_TANH": (_tanh, 1),
    "RNN_RELU": (_relu, 1),
    "LSTM": (_lstm, 2),
    "GRU": (_gru, 1),
}
"""By `RNNBase.mode`: the cell, and the parts of its state."""
