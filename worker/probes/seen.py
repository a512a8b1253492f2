"""What a pass over a micro-batch shows of the signals, and what several show together, none of them kept."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor


class Outputs(NamedTuple):
    """Statistics of the outputs of k layers."""

    mean: Tensor
    """[k]"""
    std: Tensor
    """[k]"""
    saturated: Tensor | None
    """[k] shares"""
    largest: Tensor | None
    """[k, units] largest |output| of every unit."""

    def joined(self, other: "Outputs", share: float) -> "Outputs":
        """Over the samples of both, of which `share` are the other's. Chan et al. 1983: nothing cancels."""
        shift = other.mean.double() - self.mean
        variance = torch.lerp(self.std.double().square(), other.std.double().square(), share)
        return Outputs(
            mean=self.mean + share * shift,
            std=(variance + share * (1 - share) * shift.square()).sqrt(),
            saturated=None if self.saturated is None else torch.lerp(self.saturated, other.saturated, share),  # type: ignore[arg-type]  # of the same layers
            largest=None if self.largest is None else torch.maximum(self.largest, other.largest),  # type: ignore[arg-type]
        )


@dataclass(frozen=True, slots=True)
class Signals:
    """What some passes over equally many samples have shown."""

    outputs: list[Outputs]
    norms: list[Tensor]
    """Of gradients of each pass's own loss, over the samples of all passes."""
    passes: int = 1

    def joined(self, other: "Signals") -> "Signals":
        """With one more pass."""
        passes = self.passes + 1
        return Signals(
            [mine.joined(its, 1 / passes) for mine, its in zip(self.outputs, other.outputs, strict=True)],
            [torch.hypot(mine.double(), its.double()) for mine, its in zip(self.norms, other.norms, strict=True)],
            passes,
        )

    def mean_norms(self) -> list[Tensor]:
        """`norms` of the gradient of the loss averaged over the passes."""
        return self.norms if self.passes == 1 else [norms / self.passes for norms in self.norms]
