"""Which layers are measured, and what counts as a unit of them."""

from collections.abc import Sequence
from itertools import pairwise

from service.spec.layers import (
    NORMS,
    RNN,
    Activation,
    Convolution,
    Linear,
    Recurrent,
    Residual,
    Transpose,
    WeightLayer,
)  # fmt: skip
from service.spec.network import PlacedLayer


def measured_outputs(placed: Sequence[PlacedLayer]) -> list[int]:
    """Layers whose output is measured: all but pre-activations, what a norm reads, and mere reshapings.

    A recurrent layer has its activation inside, so its output is one whoever reads it.
    """
    read_by = [*(later.layer for _, later in pairwise(placed)), None]
    return [
        row
        for row, (layer, reader) in enumerate(zip(placed, read_by, strict=True))
        if (isinstance(layer.layer, Activation | Residual) or layer.parameters)
        and (isinstance(layer.layer, Recurrent) or not isinstance(reader, (Activation, *NORMS)))
    ]


def can_die(layer: PlacedLayer) -> bool:
    """Whether units of this layer can be zero for good."""
    match layer.layer:
        case Activation(entry=entry):
            return entry.zero_below
        case RNN(nonlinearity=nonlinearity):
            return nonlinearity == "relu"
    return False


def feeding_rows(placed: Sequence[PlacedLayer]) -> dict[int, int]:
    """For activations that are never exactly zero: the layer right before them whose units these are, norms passed
    over. Of a linear layer or a convolution: in the others a row of a weight is a gate, a projection or a token."""
    fed_by: dict[int, int] = {}
    source = None
    for row, layer in enumerate(placed):
        if isinstance(layer.layer, NORMS):
            continue
        if isinstance(layer.layer, Activation) and source is not None and not can_die(layer):
            fed_by[row] = source
        source = row if isinstance(layer.layer, Linear | Convolution) else None
    return fed_by


def unit_axes(placed: Sequence[PlacedLayer]) -> list[int]:
    """The axis of [B, *out_shape] along which the units of each layer lie: channels behind a convolution, else the
    last one."""
    axes, channels_first = [], False
    for layer in placed:
        if isinstance(layer.layer, WeightLayer) and not isinstance(layer.layer, Residual):
            channels_first = isinstance(layer.layer, Convolution)
        elif isinstance(layer.layer, Transpose):
            channels_first = not channels_first
        axes.append(1 if channels_first else len(layer.out_shape))
    return axes
