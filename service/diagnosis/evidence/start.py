"""Was all well at the initial weights? What tells steps that ruin a network from weights that start badly."""

from math import isfinite

from service.diagnosis.evidence.backward import backward
from service.diagnosis.evidence.cut_off import cut_off
from service.diagnosis.evidence.early_loss import highest_start
from service.diagnosis.evidence.outcome import curve, outcome
from service.spec.run import RunSpec
from service.trace.trace import Trace

_TOO_HIGH = 10.0
"""Times a constant prediction's loss, or beyond it: what poor_initialization asks too."""
_ARRIVES = 1e-3
"""A signal weaker than this at the first layer is lost, whatever the steps; AutoTrainer's β₁."""
_LARGE_BATCH = 32
_WHOLE_LAYER = 0.99
_MOST = 0.5
"""Of a layer, dead for a whole batch or saturated. Half of ReLU units are silent for a sample, hardly any for many."""


def far_off(trace: Trace, run: RunSpec) -> bool:
    """Whether the first loss tells of outputs that are far too large at the initial weights."""
    result, loss = outcome(trace, run), curve(trace, "loss")
    return result is not None and not (isfinite(loss[0]) and loss[0] <= highest_start(result, _TOO_HIGH))


def sound_start(trace: Trace, run: RunSpec) -> bool:
    """Whether at step 0 the outputs had a moderate size, every layer got a signal and none was mostly cut off."""
    if far_off(trace, run):
        return False
    signal = backward(trace)
    if signal is not None and (signal.steps[0] > 0 or not signal.at_start.min() >= _ARRIVES):
        return False
    return cut_off(trace, run, "saturated").share < _MOST and cut_off(trace, run, "dead").share < _most_dead(run)


def _most_dead(run: RunSpec) -> float:
    """Half of the units are zero for a batch of one, and a few for a batch of some."""
    return _MOST if run.batch_size >= _LARGE_BATCH else _WHOLE_LAYER
