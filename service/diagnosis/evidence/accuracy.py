"""Does the network tell classes apart, though its loss does not show it yet?"""

from math import sqrt

from service.diagnosis.evidence.outcome import curve
from service.spec.run import RunSpec
from service.trace.trace import Trace

_PART = 0.25
"""Of the run, at its end."""


def tells_classes(trace: Trace, run: RunSpec, better: float, errors: float) -> bool:
    """Whether lately it is right more often than who always says the largest class, by `better` and by so many
    standard `errors`; of the samples held back where there are some. False for real values."""
    target = run.data.source.target()
    if target.kind != "classes":
        return False
    samples = run.data.validation_samples
    accuracy = curve(trace, "validation_accuracy") if samples else curve(trace, "accuracy")
    if not accuracy.size:
        return False
    lately = accuracy[-max(1, round(_PART * accuracy.size)) :]
    seen = samples or run.batch_size * lately.size
    guessed = max(run.data.source.class_shares((target.steps or 1) - 1))
    return float(lately.mean()) - guessed >= max(better, errors * sqrt(guessed * (1 - guessed) / seen))
