"""Statistics of signals: what layers put out, and the gradient that comes back. Dearer, thinned to fit the budget."""

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from service.spec.network import PlacedLayer
from worker.probes.measured import can_die, feeding_rows, measured_outputs, unit_axes
from worker.probes.moments import moments
from worker.probes.norms import tensor_norms
from worker.probes.saturation import saturation_of
from worker.probes.seen import Outputs, Signals
from worker.probes.stack import Stack, stacks
from worker.probes.through_time import TimeProbe

Matrix = NDArray[np.float64]


class SignalProbe:
    """Mean, spread, death and saturation of outputs; norms of ∂loss/∂(pre-activation), and of ∂loss/∂h_t."""

    def __init__(
        self,
        placed: Sequence[PlacedLayer],
        modules: nn.ModuleList,
        matrix_rows: Sequence[int],
        batch_size: int,
        like: Tensor,
    ) -> None:
        """`matrix_rows`: the layers whose silent units `row` is told, in that order. `batch_size`: samples of a pass.
        `like`: a tensor of the device and the dtype that statistics are taken in."""

        def elements(row: int) -> int:
            return batch_size * prod(placed[row].out_shape)

        self.delta_rows = tuple(row for row, layer in enumerate(placed) if layer.has_weight)
        """Layers with a backward signal of their own: the gradient with respect to their output is wanted."""
        measured, self._axes = measured_outputs(placed), unit_axes(placed)
        self._saturation = {row: saturation_of(placed[row].layer) for row in measured}
        self._dies = {row for row in measured if can_die(placed[row])}
        self._outputs = stacks(
            measured,
            lambda row: (placed[row].out_shape, self._axes[row], self._saturation[row], row in self._dies),
            elements,
            like,
        )
        self._scratch = like.new_empty(
            max((elements(stack.rows[0]) * len(stack.rows) for stack in self._outputs), default=0)
        )
        self._time = TimeProbe(placed, modules)
        self.time_columns = self._time.layers
        self._layer_columns = (
            sum(
                len(stack.rows) * (2 + (stack.rows[0] in self._dies) + (self._saturation[stack.rows[0]] is not None))
                for stack in self._outputs
            )
            + len(self.delta_rows)
            + len(matrix_rows)
        )
        self.columns = self._layer_columns + self._time.columns
        self._matrix_rows = tuple(matrix_rows)
        self._fed_by = feeding_rows(placed)

    @torch.no_grad()
    def measure(self, inputs: Tensor, tape: Sequence[Tensor], deltas: Sequence[Tensor]) -> Signals:
        """What one pass shows. `tape`: every layer's output; `deltas`: gradients, in the order of `delta_rows`."""
        norms = [tensor_norms(deltas)] if deltas else []
        if self._time.rows:
            # Every layer reads what the layer before it in depth order put out; only a skip path reads something else.
            entered = {row: tape[row - 1] if row else inputs for row in self._time.rows}
            norms += self._time.measure(entered, dict(zip(self.delta_rows, deltas, strict=True)))
        return Signals([self._of_stack(stack, tape) for stack in self._outputs], norms)

    def _of_stack(self, stack: Stack, tape: Sequence[Tensor]) -> Outputs:
        first = stack.rows[0]
        stacked = stack.load([tape[row] for row in stack.rows])  # [k, B, *shape]
        flat = stacked.flatten(1)
        largest = saturated = None
        if first in self._dies:
            others = [axis for axis in range(1, stacked.dim()) if axis != self._axes[first] + 1]
            largest = torch.abs(stacked, out=self._like(stacked)).amax(dim=others)
        if saturation := self._saturation[first]:
            saturated = saturation.mask(flat, self._like(flat)).mean(dim=1)
        return Outputs(*moments(flat, self._like(flat)), saturated, largest)

    def _like(self, tensor: Tensor) -> Tensor:
        return self._scratch[: tensor.numel()].view(tensor.shape)

    def row(self, signals: Signals, silent: Sequence[Tensor]) -> list[Tensor]:
        """The parts of a ring's row. `silent`: shares of units without a gradient, in the order of `matrix_rows`."""
        parts: list[Tensor] = [*silent]
        for seen in signals.outputs:
            if seen.largest is not None:
                parts.append((seen.largest == 0).float().mean(dim=1))
            if seen.saturated is not None:
                parts.append(seen.saturated)
            parts += (seen.mean, seen.std)
        return [*parts, *signals.mean_norms()]

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

    def through_time(self, rows: Matrix) -> Matrix:
        """[n, time_columns] norms of ∂loss/∂h_t, from ring rows [n, columns]."""
        return rows[:, self._layer_columns :]
