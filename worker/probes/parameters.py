"""Statistics of parameters and their gradients: cheap, taken at every recorded step."""

from collections.abc import Callable, Iterable, Mapping
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from worker.flat import FlatParameters
from worker.probes.norms import RowNorms

Matrix = NDArray[np.float64]


class ParameterProbe:
    """Norms and maxima of gradients, weights and updates: one reduction for all tensors of one shape."""

    def __init__(self, flat: FlatParameters) -> None:
        self._flat = flat
        self._weights = tuple(group for group in flat.groups if not group.slots[0].is_bias)
        self._before = torch.empty_like(flat.value.detach()[: flat.weight_stop])
        self._moved = torch.empty_like(self._before)
        self._norms = RowNorms(max(group.stop - group.start for group in flat.groups), flat.value.device)
        self._tensors = [slot for group in flat.groups for slot in group.slots]
        self._weight_tensors = [slot for group in self._weights for slot in group.slots]
        self.columns = 2 * len(self._tensors) + 2 * len(self._weight_tensors)

    def before_step(self) -> list[Tensor]:
        """Gradient norms, gradient maxima and weight norms, one entry a tensor; keeps the weights for `after_step`."""
        grad, value = self._flat.grad, self._flat.value.detach()
        self._before.copy_(value[: self._flat.weight_stop])
        return [
            *(self._norms(group.of(grad)) for group in self._flat.groups),
            *(group.of(grad).abs().amax(dim=1) for group in self._flat.groups),
            *(self._norms(group.of(value)) for group in self._weights),
        ]

    def after_step(self) -> list[Tensor]:
        """Norms of the step really taken, one entry a weight tensor."""
        torch.sub(self._flat.value.detach()[: self._flat.weight_stop], self._before, out=self._moved)
        return [self._norms(group.of(self._moved)) for group in self._weights]

    def metrics(self, rows: Matrix) -> Mapping[str, Mapping[int, Matrix]]:
        """From ring rows [n, columns] to metric → layer index → [n]."""
        count, weights = len(self._tensors), len(self._weight_tensors)
        norms, maxima, weight_norms, moves = np.split(rows, [count, 2 * count, 2 * count + weights], axis=1)
        biases = [index for index, slot in enumerate(self._tensors) if slot.is_bias]
        weight, move = self._by_layer(weight_norms, range(weights)), self._by_layer(moves, range(weights))
        return {
            "grad_norm": self._by_layer(norms, range(count)),
            "bias_grad_norm": self._by_layer(norms, biases),
            "grad_max": self._by_layer(maxima, range(count), _largest),
            "weight_norm": weight,
            "update_ratio": {row: move[row] / np.maximum(weight[row], 1e-12) for row in weight},
        }

    def global_norm(self, rows: Matrix) -> Matrix:
        """[n] norm of the whole gradient, before clipping."""
        return _root_sum_square(rows[:, : len(self._tensors)])

    def _by_layer(
        self, values: Matrix, columns: Iterable[int], join: Callable[[Matrix], Matrix] | None = None
    ) -> dict[int, Matrix]:
        """[n, tensors] → layer index → [n]; a layer's tensors are joined by root sum square, or by `join`."""
        of_layer: dict[int, list[int]] = {}
        for column in columns:
            of_layer.setdefault(self._tensors[column].row, []).append(column)
        join = join or _root_sum_square
        return {row: join(values[:, chosen]) for row, chosen in sorted(of_layer.items())}


def _root_sum_square(values: Matrix) -> Matrix:
    return cast("Matrix", np.sqrt(np.square(values).sum(axis=1)))


def _largest(values: Matrix) -> Matrix:
    return cast("Matrix", values.max(axis=1))
