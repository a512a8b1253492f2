"""What a finished job came to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """The last values of a training. NaN and infinities are told as null."""

    loss: float | None
    accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    trace_overhead: float | None
