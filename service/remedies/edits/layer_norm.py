"""Normalize before every activation, each sample by itself."""

from math import prod
from typing import ClassVar, Literal

from service.remedies.normalization import before_hidden_activations
from service.remedies.remedy import Remedy
from service.spec.layers import GroupNorm, Layer, LayerNorm
from service.spec.run import RunSpec
from service.spec.shapes import Shape


class LayerNormBeforeActivations(Remedy):
    """Puts layer normalization before every hidden activation: like batch_norm, for sequences and small batches too.

    Each sample is normalized by itself: vectors over their features, sequences at every time step, and what
    convolutions put out over all channels and places, which is group_norm with one group. self_attention is normalized
    before it reads, because its softmax saturates as well.
    """

    kind: Literal["layer_norm"] = "layer_norm"
    against: ClassVar[str] = "vanishing"
    reference: ClassVar[str] = "Ba et al. 2016; Wu & He 2018; Xiong et al. 2020"

    def apply(self, run: RunSpec) -> RunSpec:
        return before_hidden_activations(run, _norm, also={"self_attention"})


def _norm(shape: Shape, channels_first: bool) -> Layer | str:
    over_all = channels_first and len(shape) > 1
    if (prod(shape) if over_all else shape[-1]) < 3:
        return "Layer normalization leaves nothing of one feature and only the sign of two; make the layers wider."
    return GroupNorm(num_groups=1) if over_all else LayerNorm()


REMEDY = LayerNormBeforeActivations
