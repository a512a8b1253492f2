"""Everything that can be said of an experiment before it is trained."""

from collections.abc import Iterator
from dataclasses import dataclass

from service.experiment import Experiment
from service.preflight.admission import Limit, Limits, Size, compared
from service.preflight.cost import LayerCost
from service.preflight.duration import cpu_seconds, flops_per_step
from service.preflight.memory import Memory
from service.remedies.diff import Change, changes
from service.spec.run import RunSpec

_LONG_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a training takes."""

    memory: Memory
    trace_bytes: int
    """Most bytes that its traces take in the database."""
    flops_per_step: int
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Preflight:
    """An experiment, looked at before it is trained."""

    experiment: Experiment
    resolved: RunSpec
    layers: tuple[LayerCost, ...]
    parameters: int
    diff: tuple[Change, ...]
    estimate: Estimate
    limits: tuple[Limit, ...]
    warnings: tuple[str, ...]

    @property
    def admitted(self) -> bool:
        """Whether the service would train it."""
        return all(limit.admitted for limit in self.limits)


def preflight(experiment: Experiment, limits: Limits) -> Preflight:
    """What would be trained, and what it takes; nothing is allocated, however large it is.

    Raises as `Experiment.resolved` does.
    """
    unrolled = experiment.unrolled()
    diff = tuple(changes(unrolled, experiment.remedies))
    size = Size.of(experiment.resolved())
    run, layers = size.run, size.layers
    estimate = Estimate(size.memory, size.trace_bytes, flops_per_step(run, layers), cpu_seconds(run, layers))
    return Preflight(
        experiment=experiment,
        resolved=run,
        layers=layers,
        parameters=size.parameters,
        diff=diff,
        estimate=estimate,
        limits=compared(size, limits),
        warnings=tuple(_warnings(run, estimate)),
    )


def _warnings(run: RunSpec, estimate: Estimate) -> Iterator[str]:
    training, samples = run.training, run.data.training_samples
    if run.micro_batch_size < training.batch_size:
        yield (
            f"There are {samples} samples to train on, so a batch has {run.micro_batch_size} of them, "
            f"not {training.batch_size}."
        )
    if estimate.cpu_seconds > _LONG_SECONDS:
        yield f"This may take about {_told(estimate.cpu_seconds)} on one CPU core."


def _told(seconds: float) -> str:
    hours = seconds / _LONG_SECONDS
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"
