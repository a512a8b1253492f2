"""The exponential as an activation."""

import torch
from torch import Tensor, nn


class Exponential(nn.Module):
    """eˣ, element by element."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.exp(x)
