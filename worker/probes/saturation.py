"""Where the derivative of an activation is below 1 % of its maximum, read off its output.

Every function here is monotone, so a bound on φ′ is a bound on the output.
"""

from dataclasses import dataclass
from math import inf, log1p, sqrt

import torch
from torch import Tensor

from service.spec.layers import RNN, Activation, Layer

SHARE = 0.01
"""Of the largest slope (CONTRACT §4)."""
_SELU_FLOOR = 1.0507009873554805 * 1.6732632423543772  # λα, also the largest slope, reached at 0⁻


@dataclass(frozen=True, slots=True)
class Saturation:
    """Saturated are outputs below `low` or above `high`."""

    low: float
    high: float = inf

    def mask(self, outputs: Tensor, out: Tensor) -> Tensor:
        """`out`, shaped like `outputs`: 1.0 where saturated, 0.0 elsewhere; NaN counts as not saturated."""
        if self.high == inf:
            return out.copy_(outputs).lt_(self.low)
        middle, reach = (self.low + self.high) / 2, (self.high - self.low) / 2
        centered = torch.sub(outputs, middle, out=out).abs_() if middle else torch.abs(outputs, out=out)
        return centered.gt_(reach)


def saturation_of(layer: Layer) -> Saturation | None:
    """The saturation of an activation, or of the one inside an `rnn`.

    None where φ′ is unbounded or not told by the output (GELU, SiLU, Mish), nor by a product of gates (LSTM, GRU).
    """
    if isinstance(layer, RNN):
        layer = Activation(function=layer.nonlinearity)
    if not isinstance(layer, Activation):
        return None
    parameters = layer.parameters
    match layer.function:
        case "tanh":  # φ′ = 1 − y²
            return Saturation(-sqrt(1 - SHARE), sqrt(1 - SHARE))
        case "sigmoid":  # φ′ = 1/4 − (y − 1/2)²
            return Saturation(0.5 - sqrt(1 - SHARE) / 2, 0.5 + sqrt(1 - SHARE) / 2)
        case "softsign":  # φ′ = (1 − |y|)²
            return Saturation(sqrt(SHARE) - 1, 1 - sqrt(SHARE))
        case "hardtanh":  # φ′ is zero exactly at its bounds
            inset = 1e-6 * (parameters["max_val"] - parameters["min_val"])
            return Saturation(parameters["min_val"] + inset, parameters["max_val"] - inset)
        case "relu":  # φ′ is zero where y is; the smallest normal float32 stands for "above zero"
            return Saturation(1.1754944e-38)
        case "elu":  # φ′ = y + α below zero, 1 above
            return Saturation(SHARE * max(1.0, parameters["alpha"]) - parameters["alpha"])
        case "selu":  # φ′ = y + λα below zero
            return Saturation((SHARE - 1) * _SELU_FLOOR)
        case "softplus":  # φ′ = sigmoid(βx), y = log(1 + e^(βx)) / β
            return Saturation(-log1p(-SHARE) / parameters["beta"])
    return None
