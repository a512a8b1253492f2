"""Positional encodings."""

import torch
from torch import Tensor, nn


class Sinusoids(nn.Module):
    """Adds sin(t / 10000^(2i/features)) to feature 2i and the cosine to feature 2i + 1 (Vaswani et al. 2017, §3.5)."""

    def __init__(self, *, time: int, features: int) -> None:
        super().__init__()
        even = torch.arange(0, features, 2, dtype=torch.float64)
        angles = torch.arange(time, dtype=torch.float64)[:, None] / 10_000 ** (even / features)
        table = torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)[:, :features]
        self.table: Tensor
        self.register_buffer("table", table.float())

    def forward(self, x: Tensor) -> Tensor:
        """For a batch [B, time, features]."""
        return x + self.table


class LearnedPositions(nn.Module):
    """Adds a trained vector to every time step."""

    def __init__(self, *, time: int, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(time, features))

    def forward(self, x: Tensor) -> Tensor:
        """For a batch [B, time, features]."""
        return x + self.weight
