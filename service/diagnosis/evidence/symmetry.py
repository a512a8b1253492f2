"""Layers whose units start as copies of each other, and so stay copies whatever the data."""

from collections.abc import Iterator, Sequence

from service.spec.frozen import Frozen
from service.spec.initializers import Constant, Init, Normal, Uniform, Zeros
from service.spec.layers import (
    NORMS,
    Activation,
    AnyLayer,
    Convolution,
    Flatten,
    Linear,
    Recurrent,
    Residual,
)
from service.spec.layers.pooling import GlobalAvgPool, Pool
from service.spec.run import RunSpec

_UNIT_BY_UNIT = (Activation, *NORMS, Flatten, Pool, GlobalAvgPool)
"""What does the same to every unit or channel, so that copies remain copies behind it; dropout does not."""
_MIX = (Linear, Convolution, Recurrent)


def identical_layers(run: RunSpec) -> tuple[str, ...]:
    """Names of the hidden layers, in depth order, whose units all read the same and are all read alike.

    Such units get the same gradient at every step: the layer is one unit wide for ever. Glorot & Bengio 2010 call
    breaking this symmetry what random weights are for.
    """
    wide = {placed.name for placed in run.placed() if max(placed.out_shape[:1] + placed.out_shape[-1:]) > 1}
    return tuple(name for name in _identical(run.network.layers, run.network.init) if name in wide)


def all_zero(run: RunSpec, names: Sequence[str]) -> bool:
    """Whether the weights of these layers are zero, so that nothing passes them in either direction."""
    layers = {placed.name: placed.layer for placed in run.placed()}
    inits = [getattr(layers[name], "init", None) or run.network.init for name in names]
    return all(_value(init) == 0 for init in inits)


def _identical(layers: Sequence[AnyLayer], init: Init) -> Iterator[str]:
    before: str | None = None
    for layer in layers:
        if isinstance(layer, Residual):
            yield from _identical(layer.layers, init)
        if isinstance(layer, _UNIT_BY_UNIT):
            continue
        alike = isinstance(layer, _MIX) and _is_constant(layer.init or init, layer)
        if alike and before is not None:
            yield before
        before = layer.name if alike else None


def _is_constant(init: Init, layer: AnyLayer) -> bool:
    biased = getattr(layer, "bias", False)
    return _value(init) is not None and (not biased or _value(init.bias) is not None)


def _value(init: Frozen) -> float | None:
    """The one value that this draws; None where it draws different ones."""
    match init:
        case Zeros():
            return 0.0
        case Constant():
            return init.value
        case Normal(std=0.0):
            return init.mean
        case Uniform() if init.low == init.high:
            return init.low
        case _:
            return None
