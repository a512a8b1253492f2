"""Statistics of signals: what layers put out, and the gradient that comes back. Dearer, thinned to fit the budget."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from service.spec.layers import NORMS, Activation, Residual
from service.spec.network import PlacedLayer
from worker.probes.moments import moments
from worker.probes.norms import tensor_norms
from worker.probes.saturation import saturation_of
from worker.probes.stack import stacks

Matrix = NDArray[np.float64]


class SignalProbe:
    """Mean, spread, death and saturation of outputs; norms of ∂loss/∂(pre-activation)."""

    def __init__(
        self, placed: Sequence[PlacedLayer], matrix_rows: Sequence[int], batch_size: int, device: torch.device
    ) -> None:
        """`matrix_rows`: the layers whose silent units `measure` is told, in that order."""

        def elements(row: int) -> int:
            return batch_size * prod(placed[row].out_shape)

        self.delta_rows = tuple(row for row, layer in enumerate(placed) if layer.has_weight)
        """Layers with a backward signal of their own: the gradient with respect to their output is wanted."""
        measured = _measured_outputs(placed)
        self._saturation = {row: saturation_of(placed[row].layer) for row in measured}
        self._dies = {row for row in measured if _can_die(placed[row])}
        self._outputs = stacks(
            measured, lambda row: (placed[row].out_shape, self._saturation[row], row in self._dies), elements
        )
        self._scratch = torch.empty(
            max((elements(stack.rows[0]) * len(stack.rows) for stack in self._outputs), default=0), device=device
        )
        self.columns = (
            sum(
                len(stack.rows) * (2 + (stack.rows[0] in self._dies) + (self._saturation[stack.rows[0]] is not None))
                for stack in self._outputs
            )
            + len(self.delta_rows)
            + len(matrix_rows)
        )
        self._matrix_rows = tuple(matrix_rows)
        self._fed_by = _feeding_rows(placed)

    @torch.no_grad()
    def measure(self, tape: Sequence[Tensor], deltas: Sequence[Tensor], silent: Sequence[Tensor]) -> list[Tensor]:
        """Statistics of one step.

        `tape`: every layer's output; `deltas`: gradients, in the order of `delta_rows`; `silent`: shares of units
        without a gradient, in the order of `matrix_rows`.
        """
        parts: list[Tensor] = [*silent]
        for stack in self._outputs:
            stacked = stack.load([tape[row] for row in stack.rows])  # [k, B, …, units]
            flat = stacked.flatten(1)
            if stack.rows[0] in self._dies:
                parts.append(self._all_zero(stacked))
            if saturation := self._saturation[stack.rows[0]]:
                parts.append(saturation.mask(flat, self._like(flat)).mean(dim=1))
            parts += moments(flat, self._like(flat))
        return [*parts, tensor_norms(deltas)]

    def _all_zero(self, stacked: Tensor) -> Tensor:
        """[k] share of units that are zero over the whole batch, of [k, B, …, units]."""
        largest = torch.abs(stacked, out=self._like(stacked)).flatten(1, -2).amax(dim=1)
        return (largest == 0).float().mean(dim=1)

    def _like(self, tensor: Tensor) -> Tensor:
        return self._scratch[: tensor.numel()].view(tensor.shape)

    def metrics(self, rows: Matrix) -> Mapping[str, Mapping[int, Matrix]]:
        """From ring rows [n, columns] to metric → layer index → [n]."""
        names = ("activation_mean", "activation_std", "dead_fraction", "saturated_fraction", "delta_norm")
        metrics: dict[str, dict[int, Matrix]] = {name: {} for name in names}
        columns = iter(rows.T)

        def take(chosen: Sequence[int]) -> dict[int, Matrix]:
            return {row: next(columns) for row in chosen}

        silent = take(self._matrix_rows)
        metrics["dead_fraction"] |= {row: silent[source] for row, source in self._fed_by.items()}
        for stack in self._outputs:
            if stack.rows[0] in self._dies:
                metrics["dead_fraction"] |= take(stack.rows)
            if self._saturation[stack.rows[0]]:
                metrics["saturated_fraction"] |= take(stack.rows)
            metrics["activation_mean"] |= take(stack.rows)
            metrics["activation_std"] |= take(stack.rows)
        metrics["delta_norm"] |= take(self.delta_rows)
        return {name: dict(sorted(values.items())) for name, values in metrics.items()}


def _measured_outputs(placed: Sequence[PlacedLayer]) -> list[int]:
    """Layers whose output is measured: all but those that an activation or a norm reads, and mere reshapings."""
    read_by = [*(later.layer for _, later in pairwise(placed)), None]
    return [
        row
        for row, (layer, reader) in enumerate(zip(placed, read_by, strict=True))
        if (isinstance(layer.layer, Activation | Residual) or layer.parameters)
        and not isinstance(reader, (Activation, *NORMS))
    ]


def _can_die(layer: PlacedLayer) -> bool:
    return isinstance(layer.layer, Activation) and layer.layer.entry.zero_below


def _feeding_rows(placed: Sequence[PlacedLayer]) -> dict[int, int]:
    """For activations that are never exactly zero: the weight layer right before them, norms passed over."""
    fed_by: dict[int, int] = {}
    source = None
    for row, layer in enumerate(placed):
        if isinstance(layer.layer, NORMS):
            continue
        if isinstance(layer.layer, Activation) and source is not None and not _can_die(layer):
            fed_by[row] = source
        source = row if layer.has_weight and not isinstance(layer.layer, Residual) else None
    return fed_by
