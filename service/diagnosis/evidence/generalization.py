"""How the validation loss goes beside the training loss."""

from dataclasses import dataclass
from math import isfinite, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from service.diagnosis.evidence.outcome import curve
from service.spec.run import RunSpec
from service.trace.trace import Trace

_FEWEST = 6
"""Validations: fewer have no minimum to speak of."""
_FEWEST_SAMPLES = 10
"""Validation samples: of fewer, a single one decides on a tenth and more of the accuracy."""
_STEPS_SHARE = 0.05
"""Of the steps; training losses are averaged over as many: one batch is noise."""


@dataclass(frozen=True, slots=True)
class Generalization:
    """The best that validation has seen, the end, and training at both."""

    step: int
    """Where validation was best."""
    lowest: float
    """Validation loss there."""
    end: float
    """Validation loss at the end: the median of the last quarter."""
    best_lately: float
    """The lowest of that quarter."""
    training_then: float
    """Training loss up to the best step."""
    training_end: float
    accuracy: float
    """Validation accuracy of the last quarter; NaN for real values."""
    training_accuracy: float
    """At the end; NaN for real values."""
    samples: int
    """Validation samples."""

    @property
    def rise(self) -> float:
        """By how much the validation loss exceeds its minimum, relative to it: Prechelt's generalization loss."""
        return self.end / self.lowest - 1 if self.lowest > 0 else 0.0

    @property
    def noise(self) -> float:
        """Relative standard error of a mean of squares over so many samples: √(2 / n) for normal residuals."""
        return sqrt(2 / self.samples)

    @property
    def accuracy_noise(self) -> float:
        """Standard error of the validation accuracy, with two samples more of either kind: Agresti & Coull 1998."""
        samples = self.samples + 4
        share = (self.accuracy * self.samples + 2) / samples
        return sqrt(share * (1 - share) / samples)


def generalization(trace: Trace, run: RunSpec) -> Generalization | None:
    """The two losses; None with few validations or samples, or where one of them is not finite."""
    validation, loss = curve(trace, "validation_loss"), curve(trace, "loss")
    samples = run.data.validation_samples
    if len(validation) < _FEWEST or samples < _FEWEST_SAMPLES or not loss.size or not np.isfinite(validation).all():
        return None
    steps, recorded = trace.curves["validation_loss"].steps, trace.curves["loss"].steps
    best = int(validation.argmin())
    window = max(1, round(_STEPS_SHARE * len(loss)))
    then = int(np.searchsorted(recorded, steps[best], side="right"))
    late = validation[-max(3, len(validation) // 4) :]
    found = Generalization(
        step=int(steps[best]),
        lowest=float(validation[best]),
        end=float(np.median(late)),
        best_lately=float(late.min()),
        training_then=float(loss[max(0, then - window) : max(1, then)].mean()),
        training_end=float(loss[-window:].mean()),
        accuracy=_last(curve(trace, "validation_accuracy"), len(late)),
        training_accuracy=_last(curve(trace, "accuracy"), window),
        samples=samples,
    )
    return found if isfinite(found.training_then) and isfinite(found.training_end) else None


def _last(values: NDArray[np.float64], window: int) -> float:
    return float(values[-window:].mean()) if values.size else nan
