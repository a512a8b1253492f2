"""Layer-sequential unit variance."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import Tensor, nn

from service.spec import initializers as schemes
from service.spec.layers import Convolution, Linear, WeightLayer
from service.spec.network import Network, PlacedLayer
from worker.build import TapedNetwork

_ATTEMPTS, _TOLERANCE = 10, 0.01


def scale(network: TapedNetwork, spec: Network, placed: Sequence[PlacedLayer], batch: Tensor) -> None:
    """Scales each LSUV layer, in depth order, until its output has unit variance on `batch` (Mishkin & Matas 2016).

    Linear and convolution layers only: the others, and projections of skip paths, keep their orthogonal weights.
    """
    scaled = [isinstance(layer.layer, Linear | Convolution) and _is_lsuv(layer.layer, spec) for layer in placed]
    if not any(scaled):
        return
    with _undisturbed(network):
        read = batch
        for module, chosen, output in zip(network.layers, scaled, network.outputs(batch), strict=True):
            if chosen:
                _scale(module, read, output)
            read = output


def _scale(module: nn.Module, read: Tensor, output: Tensor) -> None:
    """Scales the weight, and `output` with it: what lies behind goes on from there."""
    weight = module.get_parameter("weight")
    for _ in range(_ATTEMPTS):
        std = float(output.std(correction=0))
        if not std > 0 or abs(std - 1) < _TOLERANCE:
            return
        weight.div_(std)
        output.copy_(module(read))


def _is_lsuv(layer: WeightLayer, spec: Network) -> bool:
    return isinstance(layer.init or spec.init, schemes.LSUV)


@contextmanager
def _undisturbed(network: nn.Module) -> Iterator[None]:
    """Measuring is not training: nothing is dropped, and running statistics are put back."""
    dropouts = [module for module in network.modules() if isinstance(module, nn.Dropout)]
    kept = [buffer.clone() for buffer in network.buffers()]
    for module in dropouts:
        module.eval()
    try:
        yield
    finally:
        for module in dropouts:
            module.train()
        for buffer, before in zip(network.buffers(), kept, strict=True):
            buffer.copy_(before)
