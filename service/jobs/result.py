"""What a finished job came to."""

from dataclasses import dataclass

from service.spec.training import Goal
from service.trace.trace import Trace


@dataclass(frozen=True, slots=True)
class Result:
    """The last values of a training. NaN and infinities are told as null."""

    loss: float | None
    accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    trace_overhead: float | None
    target_reached: bool | None = None
    """Whether the metric of `training.target` was as good at any recorded step; none without a target."""
    target_step: int | None = None
    """The first such step."""
    stopped_at: int | None = None
    """Optimizer steps done when a finding ended the run early; none where it went to its end."""
    stopped_by: str | None = None
    """The rule of that finding."""


def first_reached(goal: Goal, trace: Trace) -> int | None:
    """The first recorded step, or validation, at which the goal's metric was as good; none where it never was."""
    series = trace.curves.get(goal.metric)
    if series is None:
        return None
    reached = goal.reached(series.values[:, 0])
    return int(series.steps[reached.argmax()]) if reached.any() else None
