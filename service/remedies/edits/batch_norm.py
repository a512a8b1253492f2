"""Normalize before every activation."""

from typing import ClassVar, Literal

from service.remedies.normalization import before_hidden_activations
from service.remedies.remedy import NothingToDo, Remedy
from service.spec.layers import BatchNorm
from service.spec.run import RunSpec


class BatchNormBeforeActivations(Remedy):
    """Puts batch normalization before every hidden activation, so that its input stays where the slope is.

    It does not cure depth by itself: with ReLU the squared gradient still grows by π/(π − 1) per layer at the start.
    """

    kind: Literal["batch_norm"] = "batch_norm"
    against: ClassVar[str] = "vanishing"
    reference: ClassVar[str] = "Ioffe & Szegedy 2015; Yang et al. 2019"

    def apply(self, run: RunSpec) -> RunSpec:
        if run.batch_size < 2:
            raise NothingToDo("Batch normalization needs at least two samples in a batch; raise training.batch_size.")
        return before_hidden_activations(run, BatchNorm())


REMEDY = BatchNormBeforeActivations
