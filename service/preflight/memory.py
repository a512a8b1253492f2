"""What a training holds in memory, by part, in exact integers.

All parts together, beside what a worker's process grew by at most, on a CPU: 0.9 to 1.0 of it for wide, deep and
convolutional networks and transformers, 0.7 for GRUs and 1.4 for LSTMs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from service.preflight.cost import LayerCost
from service.spec.losses import LOSSES
from service.spec.optimizers import Optimizer
from service.spec.run import RunSpec
from service.spec.shapes import Shape, Tokens

_INDEX_BYTES = 8
_WEIGHT_BYTES = {"float64": 8}
_SIGNAL_BYTES = {"float64": 8, "bfloat16": 2, "float16": 2}
_USUAL_BYTES = 4
_NOTED_BYTES = 1 << 12
"""Measured on a CPU, over 20 000 time steps of one unit: 2.3 kB for a plain recurrent layer, 4.2 kB for a GRU."""
_STATE = {"sgd": 0, "rmsprop": 1, "adagrad": 1, "lion": 1}
"""Numbers that an optimizer remembers of each parameter; two unless it stands here."""
_FURTHER_STATE = ("momentum", "centered", "amsgrad")
"""Settings that make it remember one more each."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of one training."""

    parameters: int
    """In half precision also the copies of the weights that a forward pass reads."""
    gradients: int
    """Twice the parameters: those that a pass computes, and those that the optimizer reads."""
    optimizer_state: int
    activations: int
    """What all layers put out and keep for one forward and backward pass, of `batch_size` samples."""
    graph: int
    """What is noted of every small operation for the backward pass, however few numbers it works on."""
    tracing: int
    """What the statistics of a recorded step are taken of: weights before the step, backward signals."""
    data: int
    """All samples and their targets."""

    @property
    def total(self) -> int:
        """All parts together."""
        network = self.parameters + self.gradients + self.optimizer_state
        return network + self.activations + self.graph + self.tracing + self.data


def memory(run: RunSpec, costs: Sequence[LayerCost]) -> Memory:
    """The bytes of a run whose layers cost `costs`."""
    precision = run.training.precision
    wide, narrow = _WEIGHT_BYTES.get(precision, _USUAL_BYTES), _SIGNAL_BYTES.get(precision, _USUAL_BYTES)
    parameters = sum(cost.parameters for cost in costs)
    weights = parameters * wide
    outputs = run.micro_batch_size * sum(cost.outputs for cost in costs)
    kept = run.micro_batch_size * sum(cost.kept for cost in costs)
    return Memory(
        parameters=weights + (parameters * narrow if narrow < wide else 0),
        gradients=2 * weights,
        optimizer_state=weights * _remembered(run.training.optimizer),
        activations=(outputs + kept) * narrow,
        graph=_NOTED_BYTES * sum(cost.operations for cost in costs),
        tracing=2 * weights + outputs * wide,
        data=_data(run, costs[-1].shape, wide),
    )


def _remembered(optimizer: Optimizer) -> int:
    settings = optimizer.arguments()
    return _STATE.get(optimizer.name, 2) + sum(bool(settings.get(name)) for name in _FURTHER_STATE)


def _data(run: RunSpec, outputs: Shape, number: int) -> int:
    """Bytes of all samples, their targets as the loss reads them, and their classes."""
    shape, loss = run.sample_shape, LOSSES[run.training.loss]
    sample = prod(shape) * (_INDEX_BYTES if isinstance(shape, Tokens) else number)
    labels = prod(outputs[:-1]) * _INDEX_BYTES if run.data.source.target().kind == "classes" else 0
    numbers = prod(outputs) * _USUAL_BYTES if loss.reads == "numbers" else 0
    return run.data.source.sample_count() * (sample + labels + numbers)
