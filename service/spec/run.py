"""A run: everything a worker needs, and the checks that span its parts."""

from service.errors import InvalidExperiment
from service.spec.data.data import Data
from service.spec.frozen import Frozen
from service.spec.layers import BatchNorm
from service.spec.losses import LOSSES
from service.spec.network import LayerRow, Network, PlacedLayer, place
from service.spec.shapes import Shape
from service.spec.targets import TargetError
from service.spec.training import Tracing, Training


class RunSpec(Frozen):
    """Network, data, training and tracing of one run."""

    network: Network
    data: Data
    training: Training
    trace: Tracing = Tracing()

    def placed(self) -> tuple[PlacedLayer, ...]:
        """Every layer with its shapes. Raises `InvalidExperiment` where they do not fit."""
        return place(self.network, self.data.source.sample_shape())

    @property
    def total_steps(self) -> int:
        """Optimizer steps of this run."""
        return self.training.total_steps(self.data.training_samples)

    @property
    def batch_size(self) -> int:
        """Samples of one batch: never more than there are."""
        return min(self.training.batch_size, self.data.training_samples)


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
    for layer in placed:
        if isinstance(layer.layer, BatchNorm) and run.batch_size < 2 and len(layer.in_shape) == 1:
            raise _invalid(layer.pointer, "batch_norm needs at least two samples in a batch; raise batch_size.")
    _check_loss(run, placed[-1].out_shape)
    return placed


def _check_loss(run: RunSpec, output: Shape) -> None:
    try:
        LOSSES[run.training.loss].check(output, run.data.source.target(), run.training.loss)
    except TargetError as error:
        raise _invalid("/training/loss", str(error)) from error


def _invalid(pointer: str, detail: str) -> InvalidExperiment:
    return InvalidExperiment(detail, errors=[{"pointer": pointer, "detail": detail}])
