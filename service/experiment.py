"""An experiment as it is sent: a run, its name and labels, and the remedies to apply."""

from dataclasses import dataclass
from math import prod
from typing import Annotated

from pydantic import Field, StringConstraints

from service.errors import TooLarge
from service.remedies import AnyRemedy, apply_all
from service.spec.losses import LOSSES
from service.spec.network import unroll
from service.spec.run import RunSpec, check
from service.spec.shapes import Shape
from service.trace.metrics import METRICS

_FLOAT_BYTES, _INDEX_BYTES = 4, 8
# Control characters break terminals and logs, and PostgreSQL refuses NUL.
_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
LabelKey = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=r"^[A-Za-z0-9][A-Za-z0-9._\-/]*$")]
LabelValue = Annotated[str, StringConstraints(max_length=200, pattern=_PRINTABLE)]


class Experiment(RunSpec):
    """What a lab POSTs. Only `network`, `data` and `training` are required."""

    name: Annotated[str, StringConstraints(max_length=200, pattern=_PRINTABLE)] = ""
    labels: Annotated[dict[LabelKey, LabelValue], Field(max_length=64)] = Field(default_factory=dict)
    remedies: Annotated[tuple[AnyRemedy, ...], Field(max_length=32)] = ()

    def resolved(self) -> RunSpec:
        """The run after remedies: repeats multiplied out, every layer named.

        Raises `InvalidExperiment` where the experiment cannot be trained as sent, `RemedyHasNothingToDo` where a
        remedy has nothing to act on; both point into the experiment.
        """
        unrolled = unroll(self.network)
        check(self)
        run = RunSpec(network=unrolled, data=self.data, training=self.training, trace=self.trace)
        return apply_all(run, self.remedies)


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest run that a service admits."""

    max_data_bytes: int
    max_parameters: int
    max_batch_bytes: int
    max_steps: int
    max_trace_bytes: int


def admit(experiment: Experiment, limits: Limits) -> RunSpec:
    """The resolved run, if it is within the limits, by exact integer arithmetic. Raises `TooLarge` if not."""
    run = experiment.resolved()
    placed = run.placed()
    parameters = sum(layer.parameters for layer in placed)
    outputs = sum(prod(layer.out_shape) for layer in placed)
    points = -(-run.total_steps // run.trace.every) * len(placed) * len(METRICS)
    sizes = (
        (_data_bytes(run, placed[-1].out_shape), limits.max_data_bytes, "/data/source",
         "bytes of samples and targets", "Take fewer samples or features."),
        (parameters, limits.max_parameters, "/network/layers", "parameters", "Make layers narrower, or fewer."),
        (run.batch_size * outputs * _FLOAT_BYTES, limits.max_batch_bytes, "/training/batch_size",
         "bytes that all layers put out for one batch", "Lower batch_size or the widths."),
        (run.total_steps, limits.max_steps, "/training", "steps", "Lower steps or epochs."),
        (points * _FLOAT_BYTES, limits.max_trace_bytes, "/trace/every", "bytes of traces", "Raise trace.every."),
    )  # fmt: skip
    for size, most, pointer, what, hint in sizes:
        if size > most:
            detail = f"{size} {what}; at most {most} are admitted. {hint}"
            raise TooLarge(detail, errors=[{"pointer": pointer, "detail": detail}])
    return run


def _data_bytes(run: RunSpec, outputs: Shape) -> int:
    """Bytes of all samples and their targets, as the worker holds them."""
    sample = prod(run.data.source.sample_shape()) * _FLOAT_BYTES
    target = prod(outputs) * _FLOAT_BYTES if LOSSES[run.training.loss].reads == "numbers" else _INDEX_BYTES
    return run.data.source.sample_count() * (sample + target)
