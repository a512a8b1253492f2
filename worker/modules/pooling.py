"""Global pooling."""

from torch import Tensor, nn


class GlobalAvgPool(nn.Module):
    """The mean of each channel of [B, channels, *axes]."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).mean(dim=2)
