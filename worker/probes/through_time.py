"""The backward signal through time: ∂loss/∂h_t of recurrent layers, for every time step t."""

from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from service.spec.network import PlacedLayer
from service.trace.time_axis import time_columns, times_of
from worker.probes.norms import row_norms
from worker.probes.unrolled import Direction, directions, entering_top


class TimeProbe:
    """Norms of ∂loss/∂h_t, h_t being what the top of a recurrent layer puts out at t, both directions together.

    The total derivative: what h_t does to the loss at once, and through all states behind it. A layer is run once more
    for it, behind the step that was really taken: its weights, what entered it and the gradient at its output say all
    there is to say. Only the top of a stack has the h_t in question, and only its recurrence carries their gradients.
    """

    def __init__(self, placed: Sequence[PlacedLayer], modules: nn.ModuleList) -> None:
        """`modules`: one for each placed layer."""
        self._times = times_of(placed)
        self.rows = tuple(self._times)
        """The recurrent layers, whose inputs and gradients `measure` wants."""
        self.layers = time_columns(placed)
        """Names of the columns, by depth and then by time."""
        self.columns = len(self.layers)
        self._modules = {row: cast("nn.RNNBase", modules[row]) for row in self.rows}

    def measure(self, inputs: Mapping[int, Tensor], deltas: Mapping[int, Tensor]) -> list[Tensor]:
        """[times] norms over batch and features of each of `rows`, in their order.

        `inputs`: what entered the layer, [B, T, features]. `deltas`: ∂loss/∂output, [B, T, directions · H], or
        [B, directions · H] where the layer puts out the state behind the last step it reads. Leaves gradients of
        parameters and random numbers alone.
        """
        with torch.enable_grad():
            return [self._norms(row, inputs[row].detach(), deltas[row].detach()) for row in self.rows]

    def _norms(self, row: int, x: Tensor, delta: Tensor) -> Tensor:
        module, times = self._modules[row], self._times[row]
        top = directions(module, module.num_layers - 1)
        x = entering_top(module, x.transpose(0, 1))
        parts = delta.to(top[0].w_hh.dtype).chunk(len(top), dim=-1)
        found = [_through_time(one, x, part, times) for one, part in zip(top, parts, strict=True)]
        [norms] = row_norms([torch.cat(found, dim=1)])
        return norms


def _through_time(direction: Direction, x: Tensor, delta: Tensor, times: Sequence[int]) -> Tensor:
    """[times, B · H] ∂loss/∂h_t for `x` [T, B, features] and ∂loss/∂output [B, T, H] or [B, H]."""
    states = direction.run(x, in_graph=True)
    if delta.dim() == 2:
        outputs, given = [direction.read_last(states)], [delta]
    else:
        outputs, given = states, list(delta.unbind(1))
    wanted = [states[time] for time in times]
    return torch.stack(torch.autograd.grad(outputs, wanted, given)).flatten(1)
