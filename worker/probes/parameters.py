"""Statistics of parameters and their gradients: cheap, taken at every recorded step."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from worker.flat import FlatParameters
from worker.probes.norms import row_norms

Matrix = NDArray[np.float64]


class ParameterProbe:
    """Norms and maxima of gradients, weights and updates: one reduction for all tensors of one shape."""

    def __init__(self, flat: FlatParameters, units_of: Collection[int]) -> None:
        """`units_of`: the layers whose silent units are wanted."""
        weights = tuple(group for group in flat.groups if not group.slots[0].is_bias)
        silent = tuple(group for group in flat.matrices if any(slot.row in units_of for slot in group.slots))
        self._tensors = [slot for group in flat.groups for slot in group.slots]
        self._weight_tensors = [slot for group in weights for slot in group.slots]
        self.columns = 3 * len(self._tensors) + 2 * len(self._weight_tensors)

        # All views are made once: a step of a small network has no microseconds to spare for slicing.
        self._grad, self._weights = flat.grad, flat.value.detach()[: flat.weight_stop]
        self._before = torch.empty_like(self._weights)
        self._before_rows = [group.of(self._before) for group in weights]
        self._grad_rows = [group.of(self._grad) for group in flat.groups]
        self._grad_units = [group.units_of(self._grad) for group in silent]
        self.matrix_rows = tuple(slot.row for group in silent for slot in group.slots)
        """The layers of the weight matrices, in the order of `silent_units`."""

    def before_step(self) -> list[Tensor]:
        """Norms, maxima and minima of gradients, and weight norms, one entry a tensor; keeps the weights for
        `after_step`."""
        # Two reductions read the gradient twice; |gradient| would be written first, and push a small network out of
        # the cache.
        extremes = [*(rows.amax(dim=1) for rows in self._grad_rows), *(rows.amin(dim=1) for rows in self._grad_rows)]
        norms = row_norms(self._grad_rows)
        self._before.copy_(self._weights)
        return [*norms, *extremes, *_float32_norms(self._before_rows)]

    def silent_units(self) -> list[Tensor]:
        """Share of units none of whose weights got any gradient, an entry for each of `matrix_rows`."""
        return [(entries.abs().amax(dim=2) == 0).float().mean(dim=1) for entries in self._grad_units]

    def after_step(self) -> list[Tensor]:
        """Norms of the step really taken, one entry a weight tensor."""
        torch.sub(self._weights, self._before, out=self._before)
        return _float32_norms(self._before_rows)

    def metrics(self, rows: Matrix) -> Mapping[str, Mapping[int, Matrix]]:
        """From ring rows [n, columns] to metric → layer index → [n]."""
        count, weights = len(self._tensors), len(self._weight_tensors)
        ends = np.cumsum([count, count, count, weights])
        norms, maxima, minima, weight_norms, moves = np.split(rows, ends, axis=1)
        biases = [index for index, slot in enumerate(self._tensors) if slot.is_bias]
        weight, move = self._by_layer(weight_norms, range(weights)), self._by_layer(moves, range(weights))
        return {
            "grad_norm": self._by_layer(norms, range(count)),
            "bias_grad_norm": self._by_layer(norms, biases),
            "grad_max": self._by_layer(np.maximum(maxima, -minima), range(count), _largest),
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


def _float32_norms(matrices: list[Tensor]) -> list[Tensor]:
    """[k] norms of the rows of weights and of their steps: float32 holds their squares until they are lost anyway."""
    return [torch.linalg.vector_norm(matrix, dim=1) for matrix in matrices]


def _root_sum_square(values: Matrix) -> Matrix:
    return cast("Matrix", np.sqrt(np.square(values).sum(axis=1)))


def _largest(values: Matrix) -> Matrix:
    return cast("Matrix", values.max(axis=1))
