"""Samples that a placed network reads."""

import torch
from torch import Tensor

from service.spec.shapes import Shape, Tokens


def samples(shape: Shape, count: int = 2) -> Tensor:
    """[count, *shape] tokens or normal numbers, always the same."""
    draws = torch.Generator().manual_seed(0)
    if isinstance(shape, Tokens):
        return torch.randint(shape.vocabulary, (count, *shape), generator=draws)
    return torch.randn(count, *shape, generator=draws)
