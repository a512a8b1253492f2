"""What steps have broken that was whole at the initial weights."""

from math import ceil, inf, isfinite

import numpy as np
from numpy.typing import NDArray

from service.diagnosis.evidence.backward import backward
from service.diagnosis.evidence.cut_off import Fate, cut_off
from service.diagnosis.evidence.outcome import Outcome, curve
from service.diagnosis.evidence.through_time import through_time
from service.spec.run import RunSpec
from service.trace.trace import Trace

_LEARNED_SOME = 0.08
_LOST_AGAIN = 0.02
"""Shares of a constant prediction's loss; a mean over a tenth of a run is known to less than the second."""
_ENOUGH_SAMPLES = 64
_FATES: tuple[Fate, ...] = ("dead", "saturated")


def broken(trace: Trace, run: RunSpec, result: Outcome, *, worse: float, lost: float) -> str | None:
    """What is wrong at the end with the loss or the backward signal, in words; None where nothing is.

    `worse`: of a constant prediction's loss. `lost`: share of what arrived of the backward signal at the first step.
    """
    loss = curve(trace, "loss")
    if not isfinite(result.end):
        return "the loss is no longer finite"
    if result.end > worse * result.constant:
        return f"the loss, {loss[0]:.3g} at first, is at {result.end:.3g}"
    best = _best(loss)
    if best < (1 - _LEARNED_SOME) * result.constant and result.end > (1 - _LOST_AGAIN) * result.constant:
        return f"the loss, which had come down to {best:.3g}, is back at {result.end:.3g}"
    signal = backward(trace)
    if signal is not None and signal.lately[0] < lost * signal.at_start[0]:
        return (
            f"of the backward signal, of which {signal.at_start[0]:.1e} reached {signal.layers[0]} at first, "
            f"{signal.lately[0]:.1e} arrives"
        )
    for each in through_time(trace, run):
        if each.lately[0] < lost * each.at_start[0]:
            return (
                f"of the backward signal through time, of which {each.at_start[0]:.1e} reached time step "
                f"{each.times[0]} of {each.layer} at first, {each.lately[0]:.1e} arrives"
            )
    return None


def fallen(trace: Trace, run: RunSpec, share: float) -> str | None:
    """Which layer lately is dead or saturated to more than `share`, in words; None where none is."""
    for fate in _FATES:
        worst = cut_off(trace, run, fate, 0.1)
        if worst.share >= share:
            return f"{worst.share:.0%} of {worst.layer}, which was not so at first, is {fate}"
    return None


def thrown_up(trace: Trace, run: RunSpec, result: Outcome, limit: float) -> str | None:
    """How far the loss once was above `limit` times that of a constant prediction, in words; None where it was not.

    A mean over as many batches as make 64 samples, so a single odd sample does not count.
    """
    loss = curve(trace, "loss")
    window = min(loss.size, ceil(_ENOUGH_SAMPLES / run.batch_size))
    highest = float(np.convolve(loss, np.full(window, 1 / window), "valid").max())
    if not highest > limit * result.constant:
        return None
    return f"the loss, {loss[0]:.3g} at first, has been at {highest:.3g} and ends at {result.end:.3g}"


def _best(loss: NDArray[np.float64]) -> float:
    """The lowest mean over a tenth of the run."""
    tenth = max(1, loss.size // 10)
    means = loss[loss.size % tenth :].reshape(-1, tenth).mean(axis=1)
    return float(means[np.isfinite(means)].min(initial=inf))
