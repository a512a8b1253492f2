"""Normalize before every activation, over the batch."""

from typing import ClassVar, Literal

from service.remedies.normalization import before_hidden_activations
from service.remedies.remedy import NothingToDo, Remedy
from service.spec.layers import BatchNorm, Layer
from service.spec.run import RunSpec
from service.spec.shapes import Shape


class BatchNormBeforeActivations(Remedy):
    """Puts batch normalization before every hidden activation, so that its input stays where the slope is.

    It acts on vectors and on what convolutions put out, channel by channel; sequences are left to layer_norm. It does
    not cure depth by itself: with ReLU the squared gradient still grows by π/(π − 1) per layer at the start.
    """

    kind: Literal["batch_norm"] = "batch_norm"
    against: ClassVar[str] = "vanishing"
    reference: ClassVar[str] = "Ioffe & Szegedy 2015; Yang et al. 2019"

    def apply(self, run: RunSpec) -> RunSpec:
        if run.micro_batch_size < 2:
            raise NothingToDo(
                "Batch normalization needs at least two samples in a batch; raise training.batch_size, or take "
                "layer_norm."
            )
        return before_hidden_activations(run, _norm)


def _norm(shape: Shape, channels_first: bool) -> Layer | str:
    if len(shape) == 1 or channels_first:
        return BatchNorm()
    return "Batch normalization would take the time steps of a sequence for its channels; take layer_norm."


REMEDY = BatchNormBeforeActivations
