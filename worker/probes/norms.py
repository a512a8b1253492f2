"""Norms that survive vanishing and exploding values.

The square of 10⁻²³ is zero in float32 and that of 10²⁰ infinite. A GPU sums squares in float64 as it reads; a CPU would
convert first, at three times the cost, so there the sum is taken in float32 and taken again in float64 where its result
says that squares may have left the range. On a CPU that look costs no synchronization.
"""

from collections.abc import Callable, Sequence
from math import inf, sqrt

import torch
from torch import Tensor

_SMALLEST_ROOT_MEAN_SQUARE = 1e-17
"""Its square, 10⁻³⁴, is ten thousand times the smallest normal float32: what underflows beside it does not count."""


def row_norms(matrices: Sequence[Tensor]) -> list[Tensor]:
    """[k] L2 norms of the rows of each float32 matrix [k, n]."""
    return _norms(list(matrices), lambda: [torch.linalg.vector_norm(matrix, dim=1) for matrix in matrices], dim=1)


def tensor_norms(tensors: Sequence[Tensor]) -> Tensor:
    """[k] L2 norms of k float32 tensors."""
    chosen = list(tensors)
    # torch's fused multi-tensor norm has no public name; its own optimizers use it.
    return torch.stack(_norms(chosen, lambda: list(torch._foreach_norm(chosen)), dim=None))  # noqa: SLF001


def _norms(tensors: list[Tensor], narrow: Callable[[], list[Tensor]], dim: int | None) -> list[Tensor]:
    if not tensors[0].is_cuda:
        norms = narrow()
        if within_float32(norms, max(tensor.numel() if dim is None else tensor.shape[1] for tensor in tensors)):
            return norms
    return [torch.linalg.vector_norm(tensor, dim=dim, dtype=torch.float64) for tensor in tensors]


def within_float32(norms: Sequence[Tensor], count: int) -> bool:
    """Whether float32 held every square that counts in these norms over at most `count` entries."""
    least = _SMALLEST_ROOT_MEAN_SQUARE * sqrt(count)
    # Handing a few hundred numbers to Python is faster than the two reductions that would spare it.
    return all(least < norm < inf for norm in torch.cat([norm.reshape(-1) for norm in norms]).tolist())
