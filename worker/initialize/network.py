"""The start of a whole network. Every layer draws from a generator of its own name."""

from collections.abc import Sequence
from itertools import takewhile

import torch
from torch import Tensor

from service.spec.initializers import TORCH_DEFAULT, Init
from service.spec.layers import NORMS, Activation, Embedding, PositionalEncoding, Recurrent, WeightLayer
from service.spec.network import Network, PlacedLayer
from worker.build import TapedNetwork
from worker.initialize.blocks import blocks
from worker.initialize.draw import draw
from worker.initialize.lsuv import scale
from worker.seeds import generator

_LEAKY = ("leaky_relu", "prelu")
_POSITIONS_STD = 0.02


def initialize(network: TapedNetwork, spec: Network, placed: Sequence[PlacedLayer], seed: int, batch: Tensor) -> None:
    """Draws every weight layer's weights and biases in place; LSUV measures on `batch` [B, *sample]."""
    with torch.no_grad():
        for index, (module, layer) in enumerate(zip(network.layers, placed, strict=True)):
            draws = generator(seed, "init", layer.name)
            if isinstance(layer.layer, WeightLayer) and layer.has_weight:
                init, slope = _init(layer.layer, spec), _slope(placed, index)
                for block in blocks(module, layer.layer):
                    draw(block, init.bias if block.is_bias else init, slope, draws)
            elif isinstance(layer.layer, PositionalEncoding):
                for positions in module.parameters():
                    positions.normal_(0.0, _POSITIONS_STD, generator=draws)
        scale(network, spec, placed, batch)


def _init(layer: WeightLayer, spec: Network) -> Init:
    """Its own, or the network's. That one is about layers that sum over inputs: embeddings start as torch's do."""
    return layer.init or (TORCH_DEFAULT if isinstance(layer, Embedding) else spec.init)


def _slope(placed: Sequence[PlacedLayer], index: int) -> float:
    """Negative slope of the leaky ReLU that reads this layer, norms in between passed over; 0 for anything else."""
    if isinstance(placed[index].layer, Recurrent):
        return 0.0  # what it multiplies by goes into an activation of its own
    behind = placed[index + 1 :]
    norms = sum(1 for _ in takewhile(lambda layer: isinstance(layer.layer, NORMS), behind))
    reader = behind[norms].layer if norms < len(behind) else None
    if isinstance(reader, Activation) and reader.function in _LEAKY:
        return reader.parameters["negative_slope"]
    return 0.0
