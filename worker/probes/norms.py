"""Norms that survive vanishing and exploding values.

The square of 10⁻²³ is zero in float32 and that of 10²⁰ infinite, so squares are summed in float64. Converting into a
buffer that stays is twice as fast on a CPU as the temporary torch would make.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from worker.flat import Group

_BUFFER_ELEMENTS = 1 << 22


def wide_buffer(largest: int, device: torch.device) -> Tensor:
    """A float64 buffer for tensors of up to `largest` elements; beyond a limit they are taken in parts."""
    return torch.empty(min(largest, _BUFFER_ELEMENTS), dtype=torch.float64, device=device)


class RowNorms:
    """L2 norms and moments of the rows of float32 matrices."""

    def __init__(self, buffer: Tensor) -> None:
        self._buffer = buffer

    def __call__(self, matrix: Tensor) -> Tensor:
        """[k] norms of [k, n]."""
        if matrix.numel() <= len(self._buffer):
            return norms(self._wide(matrix))
        parts = torch.split(matrix, max(1, len(self._buffer) // len(matrix)), dim=1)
        return norms(torch.stack([norms(self._wide(part)) for part in parts], dim=1))

    def moments(self, matrix: Tensor) -> tuple[Tensor, Tensor]:
        """[k] means and root mean squares of the rows of [k, n], from one conversion where the buffer holds it."""
        root_count = matrix.shape[1] ** 0.5
        if matrix.numel() <= len(self._buffer):
            wide = self._wide(matrix)
            return wide.mean(dim=1), norms(wide) / root_count
        return matrix.mean(dim=1, dtype=torch.float64), self(matrix) / root_count

    def _wide(self, matrix: Tensor) -> Tensor:
        return self._buffer[: matrix.numel()].view(matrix.shape).copy_(matrix)


class GroupNorms:
    """Row norms of every group of one tensor that stays where it is, laid out like the flat parameters."""

    def __init__(self, flat: Tensor, groups: Sequence[Group]) -> None:
        self._buffer = wide_buffer(flat.numel(), flat.device)
        self._flat = flat
        self._rows = [group.of(flat) for group in groups]
        self._wide = self._buffer[: flat.numel()] if flat.numel() <= len(self._buffer) else None
        self._wide_rows = [] if self._wide is None else [group.of(self._wide) for group in groups]

    def __call__(self) -> list[Tensor]:
        """[k] norms of each group."""
        if self._wide is None:
            by_rows = RowNorms(self._buffer)
            return [by_rows(rows) for rows in self._rows]
        self._wide.copy_(self._flat)
        return [norms(rows) for rows in self._wide_rows]


def norms(matrix: Tensor) -> Tensor:
    """[k] norms of the rows of [k, n] in the matrix's own type: for weights and their steps, which float32 holds."""
    rows: Tensor = torch.linalg.vector_norm(matrix, dim=1)
    return rows
