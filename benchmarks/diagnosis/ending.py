"""How a run ended, in the numbers that bars are set in."""

from math import ceil

import numpy as np

from service.spec.run import RunSpec
from service.trace.trace import Trace

_LEAST_SAMPLES = 64
"""Of a batch of one the loss says little: means are over at least so many samples."""


def ending(trace: Trace, run: RunSpec) -> dict[str, float]:
    """Training loss and accuracy as means over the last tenth of the steps, and what the last validation said."""
    validation = {name: _curve(trace, name)[-1:].mean() for name in ("validation_loss", "validation_accuracy")}
    lowest = np.fmin.reduce(_curve(trace, "validation_loss"))
    training = {name: _last(_curve(trace, name), run.batch_size) for name in ("loss", "accuracy")}
    return {
        **training,
        **{name: float(value) for name, value in validation.items()},
        "validation_rise": float(validation["validation_loss"] / lowest),
    }


def _curve(trace: Trace, name: str) -> np.ndarray:
    series = trace.curves.get(name)
    return np.full(1, np.nan) if series is None else series.values[:, 0].astype(np.float64)


def _last(values: np.ndarray, batch: int) -> float:
    return float(values[-max(ceil(len(values) / 10), ceil(_LEAST_SAMPLES / batch)) :].mean())
