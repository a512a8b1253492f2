"""The backward signal over depth: `delta_norm` of every weight layer relative to the last one's.

Weight gradients do not show it: in bias-free homogeneous networks ⟨W, ∂L/∂W⟩ is the same in all layers, however little
of the signal arrives (Du et al. 2018).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.diagnosis.evidence.window import last, median
from service.trace.trace import Trace


@dataclass(frozen=True, slots=True)
class Backward:
    """delta_norm of each weight layer over that of the last, at the recorded steps where all are finite."""

    steps: NDArray[np.int64]
    """[T]"""
    layers: tuple[str, ...]
    """[L], L ≥ 2, in depth order."""
    ratio: NDArray[np.float64]
    """[T, L]"""

    @property
    def at_start(self) -> NDArray[np.float64]:
        """[L] at the first step: the initial weights."""
        return np.asarray(self.ratio[0])

    @property
    def lately(self) -> NDArray[np.float64]:
        """[L] median over the last quarter of the steps."""
        part = last(self.steps, 0.25)
        return median(self.steps[part], self.ratio[part])

    @property
    def mostly(self) -> NDArray[np.float64]:
        """[L] median over all steps."""
        return median(self.steps, self.ratio)

    def per_layer(self, ratio: float) -> float:
        """The factor per layer that `ratio`, first over last, comes to."""
        return float(max(ratio, 0.0) ** (1 / (len(self.layers) - 1)))


def backward(trace: Trace) -> Backward | None:
    """The backward signal; None with fewer than two weight layers, or where no step has all of it finite."""
    series = trace.metrics.get("delta_norm")
    if series is None or len(series.layers) < 2:
        return None
    delta = series.values.astype(np.float64)
    usable = np.isfinite(delta).all(axis=1) & (delta[:, -1] > 0)
    if not usable.any():
        return None
    delta = delta[usable]
    return Backward(series.steps[usable], series.layers, delta / delta[:, -1:])
