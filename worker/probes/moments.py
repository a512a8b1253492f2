"""Mean and standard deviation of many layers at once."""

import torch
from torch import Tensor

from worker.probes.norms import within_float32


def moments(matrix: Tensor, scratch: Tensor) -> tuple[Tensor, Tensor]:
    """[k] means and population standard deviations of the rows of float32 [k, n]; `scratch` is shaped like it.

    Deviations are squared and not the values, so nothing cancels where the spread is a millionth of the mean; and in
    float64 where their squares leave the range of float32 (see `worker.probes.norms`).
    """
    count = matrix.shape[1]
    if not matrix.is_cuda:
        means = matrix.mean(dim=1)
        deviations = torch.linalg.vector_norm(torch.sub(matrix, means[:, None], out=scratch), dim=1)
        if within_float32([deviations], count):
            return means, deviations / count**0.5
    means = matrix.mean(dim=1, dtype=torch.float64)
    deviations = torch.linalg.vector_norm(matrix - means[:, None], dim=1, dtype=torch.float64)
    return means, deviations / count**0.5
