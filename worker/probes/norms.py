"""Norms that survive vanishing and exploding values.

The square of 10⁻²³ is zero in float32 and that of 10²⁰ infinite, so squares are summed in float64. Converting into a
buffer that stays is twice as fast on a CPU as the temporary torch would make.
"""

import torch
from torch import Tensor

_BUFFER_ELEMENTS = 1 << 22


class RowNorms:
    """L2 norms of the rows of float32 matrices."""

    def __init__(self, largest: int, device: torch.device) -> None:
        """`largest`: elements of the largest matrix that will come; beyond a limit it is taken in parts."""
        self._buffer = torch.empty(min(largest, _BUFFER_ELEMENTS), dtype=torch.float64, device=device)

    def wide(self, matrix: Tensor) -> Tensor:
        """[k, n] as float64, until the next call. For matrices within the buffer."""
        return self._buffer[: matrix.numel()].view(matrix.shape).copy_(matrix)

    def __call__(self, matrix: Tensor) -> Tensor:
        """[k] norms of [k, n]."""
        if matrix.numel() <= len(self._buffer):
            return _norms(self.wide(matrix))
        parts = torch.split(matrix, max(1, len(self._buffer) // len(matrix)), dim=1)
        return _norms(torch.stack([_norms(self.wide(part)) for part in parts], dim=1))

    def moments(self, matrix: Tensor) -> tuple[Tensor, Tensor]:
        """[k] means and root mean squares of the rows of [k, n], from one conversion where the buffer holds it."""
        root_count = matrix.shape[1] ** 0.5
        if matrix.numel() <= len(self._buffer):
            wide = self.wide(matrix)
            return wide.mean(dim=1), _norms(wide) / root_count
        return matrix.mean(dim=1, dtype=torch.float64), self(matrix) / root_count


def _norms(matrix: Tensor) -> Tensor:
    norms: Tensor = torch.linalg.vector_norm(matrix, dim=1)
    return norms
