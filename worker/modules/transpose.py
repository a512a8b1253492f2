"""Time and channels exchanged."""

from torch import Tensor, nn


class Transpose(nn.Module):
    """[B, time, features] → [B, channels, time], or back."""

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2)
