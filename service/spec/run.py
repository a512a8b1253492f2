"""A run: everything a worker needs, and the checks that span its parts."""

from math import prod
from typing import Literal

from service.errors import InvalidExperiment
from service.spec.data.data import Data
from service.spec.data.view import View, arranged_shape
from service.spec.frozen import Frozen
from service.spec.layers import BatchNorm
from service.spec.losses import LOSSES
from service.spec.network import LayerRow, Network, PlacedLayer, first_view, place
from service.spec.shapes import Shape, Tokens
from service.spec.targets import TargetError
from service.spec.training import Tracing, Training


class RunSpec(Frozen):
    """Network, data, training and tracing of one run."""

    network: Network
    data: Data
    training: Training
    trace: Tracing = Tracing()
    on_finding: Literal["continue", "stop"] = "continue"
    """`stop` ends the run as soon as a critical finding is sure and no further step can mend it: weights that are no
    numbers, or a first layer that gets no signal any more. The job succeeds, at the step where it stopped."""

    def placed(self) -> tuple[PlacedLayer, ...]:
        """Every layer with its shapes. Raises `InvalidExperiment` where they do not fit."""
        return place(self.network, self.sample_shape)

    @property
    def view(self) -> View | None:
        """How the samples lie for the first layer that minds."""
        return first_view(self.network.layers)

    @property
    def sample_shape(self) -> Shape:
        """Shape of one sample as the network reads it. Raises `InvalidExperiment` where `data.shape` cannot be had."""
        natural = self.data.source.sample_shape()
        if self.data.shape is None:
            return arranged_shape(natural, self.view)
        if isinstance(natural, Tokens) or prod(natural) != prod(self.data.shape):
            detail = f"Samples have shape {list(natural)}, which cannot be laid out as {list(self.data.shape)}."
            raise _invalid("/data/shape", detail)
        return self.data.shape

    @property
    def total_steps(self) -> int:
        """Optimizer steps of this run."""
        return self.training.total_steps(self.data.training_samples)

    @property
    def batch_size(self) -> int:
        """Samples of one optimizer step: never more than there are."""
        return self.micro_batch_size * self.training.grad_accumulation

    @property
    def micro_batch_size(self) -> int:
        """Samples of one forward and backward pass."""
        return min(self.training.batch_size, self.data.training_samples // self.training.grad_accumulation)


def layer_rows(run: RunSpec) -> tuple[LayerRow, ...]:
    """The rows of the table of layers of an unrolled run, in depth order."""
    return tuple(placed.row(depth) for depth, placed in enumerate(run.placed()))


def check(run: RunSpec) -> tuple[PlacedLayer, ...]:
    """The placed layers of a run that can be trained as written. Raises `InvalidExperiment` with the place."""
    placed = run.placed()
    if not any(layer.parameters for layer in placed):
        raise _invalid("/network/layers", "This network has no parameters; add a linear layer.")
    if run.data.training_samples < 1:
        raise _invalid("/data/validation_fraction", "No sample is left to train on; lower it.")
    if run.micro_batch_size < 1:
        detail = f"There are only {run.data.training_samples} samples to train on; lower it."
        raise _invalid("/training/grad_accumulation", detail)
    for layer in placed:
        if isinstance(layer.layer, BatchNorm) and run.micro_batch_size * prod(layer.in_shape[1:]) < 2:
            raise _invalid(layer.pointer, "batch_norm needs at least two values of each channel; raise batch_size.")
    _check_loss(run, placed[-1].out_shape)
    _check_target(run)
    return placed


def _check_loss(run: RunSpec, output: Shape) -> None:
    try:
        LOSSES[run.training.loss].check(output, run.data.source.target(), run.training.loss)
    except TargetError as error:
        raise _invalid("/training/loss", str(error)) from error


def _check_target(run: RunSpec) -> None:
    wanted = run.training.target
    if wanted is None:
        return
    if wanted.metric.endswith("accuracy") and run.data.source.target().kind == "values":
        detail = f"{wanted.metric} is of class labels and this data has real values; aim at a loss."
        raise _invalid("/training/target/metric", detail)
    if wanted.metric.startswith("validation") and not run.data.validation_samples:
        detail = f"{wanted.metric} needs samples that are held back; raise data.validation_fraction."
        raise _invalid("/training/target/metric", detail)


def _invalid(pointer: str, detail: str) -> InvalidExperiment:
    return InvalidExperiment(detail, errors=[{"pointer": pointer, "detail": detail}])
