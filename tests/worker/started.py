"""Networks with their start weights, for samples of any shape."""

from collections.abc import Sequence
from typing import Any

from torch import nn

from service.spec.network import Network, PlacedLayer, place, unroll
from service.spec.shapes import Shape
from tests.worker.samples import samples
from worker.build import TapedNetwork, build
from worker.initialize import initialize


def started(
    layers: Sequence[dict[str, Any]], shape: Shape, init: dict[str, Any] | None = None, seed: int = 0, count: int = 2
) -> tuple[TapedNetwork, tuple[PlacedLayer, ...]]:
    """A network for samples of `shape`, initialized on `count` of them."""
    network = unroll(Network.model_validate({"layers": layers, **({"init": init} if init else {})}))
    placed = place(network, shape)
    built = build(placed, network.layers)
    initialize(built, network, placed, seed, samples(shape, count))
    return built, placed


def alone(layer: dict[str, Any], shape: Shape, seed: int = 0) -> nn.Module:
    """The last module of a network of one layer."""
    return started([layer], shape, seed=seed)[0].layers[-1]
