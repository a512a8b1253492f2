"""Convolutions that pad more behind than before: "same" with an even kernel, which PyTorch warns about."""

from itertools import chain
from typing import Any

from torch import Tensor, nn
from torch.nn import functional


class _PaddedBehind:
    """`beyond`: what every axis is padded with behind, on top of what the convolution pads on both sides."""

    def __init__(self, *, beyond: tuple[int, ...], **arguments: Any) -> None:
        super().__init__(**arguments)
        self.beyond = tuple(chain.from_iterable((0, behind) for behind in reversed(beyond)))


class Conv1d(_PaddedBehind, nn.Conv1d):
    """Along time."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (torch's name)
        return super().forward(functional.pad(input, self.beyond))


class Conv2d(_PaddedBehind, nn.Conv2d):
    """Over images."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (torch's name)
        return super().forward(functional.pad(input, self.beyond))
