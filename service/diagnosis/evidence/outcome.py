"""Did the network learn, and is it too early to ask? The gate that keeps rules silent on healthy networks."""

from dataclasses import dataclass
from math import ceil, inf, isfinite

import numpy as np
from numpy.typing import NDArray

from service.diagnosis.evidence.constant import constant_loss
from service.spec.run import RunSpec
from service.trace.trace import Trace

_FULL_LENGTH = 300
"""Steps after which a run is held to the whole of what a rule asks; shorter ones to less in proportion."""
_EARLY_STEPS = 20
_EARLY_SHARE = 0.1
_WINDOW_SAMPLES = 64
"""A batch of one says little: the loss is averaged over at least this many samples."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far the loss has come."""

    end: float
    """Mean loss of the last tenth of the steps; infinite once it is not finite."""
    constant: float
    """Loss of the best prediction that is the same for every sample."""
    progress: float
    """1 − end / constant, of training or validation, whichever is better: 0 for a constant prediction, 1 for perfect
    ones, −∞ for a loss that is no longer finite."""
    steps: int
    """Optimizer steps seen."""
    finished: bool
    too_early: bool
    """The run goes on, and less than a tenth of it or fewer than twenty steps are seen."""

    def learned(self, share: float) -> bool:
        """Whether the loss has fallen by `share` of a constant prediction's; shorter runs need less."""
        return self.progress >= share * min(1.0, max(0.2, self.steps / _FULL_LENGTH))

    @property
    def told(self) -> str:
        """The end of the loss in words."""
        if not isfinite(self.end):
            return "the loss is no longer finite"
        return f"the loss ends at {self.end:.3g} where a constant prediction has {self.constant:.3g}"

    @property
    def diverged(self) -> bool:
        """The loss is no longer finite, or ten times that of a constant prediction."""
        return self.end > 10 * self.constant


def outcome(trace: Trace, run: RunSpec) -> Outcome | None:
    """How far the loss has come; None before the first step is recorded."""
    loss = curve(trace, "loss")
    if loss.size == 0:
        return None
    steps = int(trace.curves["loss"].steps[-1]) + 1
    total = run.total_steps
    start = float(loss[0])
    constant = constant_loss(run) or (start if isfinite(start) and start > 0 else 1.0)
    window = max(ceil(loss.size / 10), ceil(_WINDOW_SAMPLES / run.batch_size))
    end = _mean(loss[-window:])
    ends = [end]
    validation = trace.curves.get("validation_loss")
    if validation is not None and validation.steps.size and validation.steps[-1] >= 0.75 * (steps - 1):
        ends.append(_mean(validation.values[-1:, 0]))
    progress = 1 - min(ends) / constant if isfinite(end) else -inf
    finished = steps > total - run.trace.every
    too_early = not finished and steps < max(_EARLY_STEPS, _EARLY_SHARE * total)
    return Outcome(end, constant, progress, steps, finished, too_early)


def curve(trace: Trace, name: str) -> NDArray[np.float64]:
    """[T] values of a curve; empty where it is not recorded."""
    series = trace.curves.get(name)
    return np.empty(0) if series is None else series.values[:, 0].astype(np.float64)


def _mean(values: NDArray[np.floating]) -> float:
    return float(values.mean(dtype=np.float64)) if np.isfinite(values).all() else inf
