"""All parameters in one flat tensor, tensors of one shape side by side.

Every optimizer of the contract works element by element, so one step over the flat tensor is the step over the
parameters; and a statistic over all layers of one shape is a single reduction over the rows of a matrix
(docs/decisions/0006-flat-parameters.md).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor, nn

from service.spec.layers import WeightLayer
from service.spec.network import PlacedLayer


@dataclass(frozen=True, slots=True)
class Slot:
    """One parameter tensor: which layer it belongs to, and what it is there."""

    row: int
    """Index of the placed layer."""
    parameter: nn.Parameter
    is_bias: bool
    is_matrix: bool
    """A weight that penalties act on: not a bias, not a norm's scale, not a learned slope."""


@dataclass(frozen=True, slots=True)
class Group:
    """Neighboring tensors of one shape and role: rows of a [k, n] matrix inside the flat tensor."""

    slots: tuple[Slot, ...]
    start: int
    stop: int

    @property
    def units(self) -> int:
        """First dimension of each tensor: of a weight matrix output units, filters, rows of gates, or tokens."""
        return self.slots[0].parameter.shape[0]

    def of(self, flat: Tensor) -> Tensor:
        """This group's [k, n] view of a tensor laid out like the flat one."""
        return flat[self.start : self.stop].view(len(self.slots), -1)

    def units_of(self, flat: Tensor) -> Tensor:
        """The same as [k, units, incoming weights]."""
        return flat[self.start : self.stop].view(len(self.slots), self.units, -1)


class FlatParameters:
    """Moves a network's parameters into one flat tensor on `device`; the modules then see views of it."""

    def __init__(self, network: nn.ModuleList, placed: Sequence[PlacedLayer], device: torch.device) -> None:
        self.slots = sorted(_slots(network, placed), key=_place)
        self.matrix_stop = sum(slot.parameter.numel() for slot in self.slots if slot.is_matrix)
        """Weights that penalties act on fill `[:matrix_stop]`."""
        self.weight_stop = sum(slot.parameter.numel() for slot in self.slots if not slot.is_bias)
        """Everything but biases fills `[:weight_stop]`."""
        self.value = nn.Parameter(torch.cat([slot.parameter.detach().reshape(-1) for slot in self.slots]).to(device))
        self.value.grad = torch.zeros_like(self.value)
        self.groups = tuple(self._groups())
        self.matrices = tuple(group for group in self.groups if group.slots[0].is_matrix)
        views = self._views(self.value.detach())
        for slot, view in zip(self.slots, views, strict=True):
            slot.parameter.data = view
        self.parameters = [slot.parameter for slot in self.slots]
        self._grad_views = self._views(self.grad)

    @property
    def grad(self) -> Tensor:
        """[P] the gradient, laid out like the value."""
        assert self.value.grad is not None  # noqa: S101 (set when built, and never dropped)
        return self.value.grad

    def take(self, grads: list[Tensor]) -> None:
        """Lays the gradients of `parameters`, in their order, into the flat one."""
        torch._foreach_copy_(self._grad_views, grads)

    def add(self, grads: list[Tensor]) -> None:
        """Adds the gradients of `parameters`, in their order, to the flat one."""
        torch._foreach_add_(self._grad_views, grads)

    def _groups(self) -> Iterable[Group]:
        start = 0
        for _, members in groupby(self.slots, key=_kin):
            slots = tuple(members)
            stop = start + sum(slot.parameter.numel() for slot in slots)
            yield Group(slots, start, stop)
            start = stop

    def _views(self, flat: Tensor) -> list[Tensor]:
        sizes = [slot.parameter.numel() for slot in self.slots]
        parts = torch.split(flat, sizes)
        return [part.view(slot.parameter.shape) for part, slot in zip(parts, self.slots, strict=True)]


def _slots(network: nn.ModuleList, placed: Sequence[PlacedLayer]) -> Iterable[Slot]:
    for row, (module, layer) in enumerate(zip(network, placed, strict=True)):
        for name, parameter in module.named_parameters():
            is_bias = "bias" in name.rpartition(".")[2]
            yield Slot(row, parameter, is_bias, isinstance(layer.layer, WeightLayer) and not is_bias)


def _kin(slot: Slot) -> tuple[bool, bool, tuple[int, ...]]:
    return (not slot.is_matrix, slot.is_bias, tuple(slot.parameter.shape))


def _place(slot: Slot) -> tuple[object, ...]:
    return (*_kin(slot), slot.row)
