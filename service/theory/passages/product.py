"""Layers that multiply by weights: independent entries around zero make a normal distribution of whatever they read.

Forward: q = σ_w² E[x²] + σ_b² with σ_w² = fan_in · Var W (Poole et al. 2016). Back: an input's gradient is a sum over
all that it was multiplied into, so ‖∂loss/∂x‖² = fan_in · Var W · ‖δ‖² for any widths (Schoenholz et al. 2017).
Convolutions: the same for every window, the zeros of the padding left out (Xiao et al. 2018).
"""

from dataclasses import dataclass, replace

import numpy as np

from service.spec.initializers import LSUV, Init
from service.spec.layers import Convolution
from service.spec.network import PlacedLayer
from service.theory.draws import Draw, centered, draw, fans
from service.theory.functions import Array
from service.theory.gradient import Gradient
from service.theory.passages.pull import Pull, closed
from service.theory.passages.reach import Reach, reach_of
from service.theory.signal import Signal
from service.theory.unknown import NoClosedForm

_LSUV_ATTEMPTS, _LSUV_TOLERANCE = 10, 0.01


@dataclass(frozen=True, slots=True)
class Start:
    """How a layer's weights start."""

    init: Init
    slope: float
    """That of the leaky ReLU behind the layer, 0 without one."""

    @property
    def is_lsuv(self) -> bool:
        """Whether the layer is scaled to what it reads."""
        return isinstance(self.init, LSUV)


def product(placed: PlacedLayer, start: Start, signal: Signal, *, skips: bool = False) -> tuple[Signal, Pull]:
    """The signal behind the layer, and the way back. `skips`: it projects a skip path, which LSUV does not scale."""
    reach, fan = reach_of(placed), fans(placed)
    behind = replace(
        signal, summed=fan.fan_in, units=0 if len(placed.parameter_shapes["weight"]) > 2 else len(placed.out_shape) - 1
    )
    try:
        weights = centered(draw(start.init, fan, start.slope))
        bias = draw(start.init.bias, fan, start.slope, bias=True) if _has_bias(placed) else Draw(0.0, 0.0)
    except NoClosedForm as unknown:
        return replace(behind, gaussian=False).lost(str(unknown)), closed(str(unknown))
    fixed = bias.variance + bias.mean**2
    try:
        read = reach.forward(signal.known())
        if start.is_lsuv and not skips:
            weights = _scaled(weights, fan.fan_in * read, bias, signal)
    except NoClosedForm as unknown:
        pull = closed(str(unknown)) if start.is_lsuv and not skips else _pull(placed, weights, reach)
        lost = replace(behind, gaussian=True).lost(str(unknown))
        return replace(lost, mean=np.full((1,) * (1 + len(placed.out_shape)), bias.mean)), pull
    gain = fan.fan_in * weights.variance
    second = gain * read + fixed
    common = None if signal.common is None else gain * signal.common + fixed
    known = replace(behind, second=second, mean=np.full_like(second, bias.mean), common=common, gaussian=True, why="")
    # LSUV goes by the variance of these very outputs; where there are few, chance decides it.
    return known, _pull(placed, weights, reach, 2 / fan.rows if start.is_lsuv and not skips else 0.0)


def _has_bias(placed: PlacedLayer) -> bool:
    return "bias" in placed.parameter_shapes


def _scaled(weights: Draw, summed: Array, bias: Draw, signal: Signal) -> Draw:
    """What LSUV makes of weights that would give outputs of variance Var W · `summed`, as `worker.initialize` does."""
    if signal.dropped:
        raise NoClosedForm("LSUV measured the network without its dropout")
    variance, read = weights.variance, float(summed.mean())
    for _ in range(_LSUV_ATTEMPTS):
        output = variance * read + bias.variance
        if not output > 0 or abs(output**0.5 - 1) < _LSUV_TOLERANCE:
            break
        variance /= output
    return replace(weights, variance=variance)


def _pull(placed: PlacedLayer, weights: Draw, reach: Reach, further: float = 0.0) -> Pull:
    shape = placed.parameter_shapes["weight"]
    rows, columns = shape[0], shape[1]
    if weights.isometric and len(shape) == 2:
        # Lengths are kept but for what a tall matrix drops of the gradient.
        added = further + 2 * max(0.0, 1 / columns - 1 / rows)
    else:
        added = further + 2 / (columns * (placed.layer.groups if isinstance(placed.layer, Convolution) else 1))

    def pull(gradient: Gradient) -> Gradient:
        return gradient.passed(weights.variance * reach.back(gradient.squares), added)

    return pull
