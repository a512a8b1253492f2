"""Build: from placed layers to a torch network that keeps every layer's output on a tape."""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto
from typing import cast

from torch import Tensor, nn

from service.spec.layers import AnyLayer, Residual
from service.spec.network import PlacedLayer
from worker.targets import resolve


class _Op(Enum):
    LAYER = auto()
    OPEN_SKIP = auto()
    CLOSE_SKIP = auto()


class TapedNetwork(nn.Module):
    """The layers of a run as one straight program; a residual opens a skip path and closes it behind its layers."""

    def __init__(self, modules: Sequence[nn.Module], layers: Sequence[AnyLayer]) -> None:
        """`modules` in depth order, one for each placed layer; `layers` the unrolled tree they came from."""
        super().__init__()
        self.layers = nn.ModuleList(modules)
        # `forward` itself: no layer here carries hooks, and `__call__` looks for them 61 times in a 30-layer network.
        self._program: list[tuple[_Op, Callable[[Tensor], Tensor] | None]] = []
        self._compile(layers, iter(modules))

    def _compile(self, layers: Sequence[AnyLayer], modules: Iterator[nn.Module]) -> None:
        for layer in layers:
            if isinstance(layer, Residual):
                self._program.append((_Op.OPEN_SKIP, None))
                self._compile(layer.layers, modules)
                self._program.append((_Op.CLOSE_SKIP, next(modules).forward))
            else:
                self._program.append((_Op.LAYER, next(modules).forward))

    def forward(self, x: Tensor, tape: list[Tensor] | None = None) -> Tensor:
        """Output for a batch [B, *sample]; with a `tape`, every layer's output is put on it in depth order."""
        output = x
        for output in self.outputs(x):
            if tape is not None:
                tape.append(output)
        return output

    def outputs(self, x: Tensor) -> Iterator[Tensor]:
        """Every layer's output for a batch [B, *sample], in depth order, each computed when it is asked for."""
        skips: list[Tensor] = []
        for op, forward in self._program:
            if op is _Op.LAYER:
                x = forward(x)  # type: ignore[misc]  # only an opened skip has no module
            elif op is _Op.OPEN_SKIP:
                skips.append(x)
                continue
            else:
                x = x + forward(skips.pop())  # type: ignore[misc]
            yield x


def build(placed: Sequence[PlacedLayer], layers: Sequence[AnyLayer]) -> TapedNetwork:
    """The network of a run on the CPU, with torch's own start weights (`worker.initialize` draws the real ones)."""
    return TapedNetwork([_module(layer) for layer in placed], layers)


def _module(layer: PlacedLayer) -> nn.Module:
    call = layer.layer.module(layer.in_shape)
    return cast("nn.Module", resolve(call.target)(**call.arguments))
