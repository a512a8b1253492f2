"""How start weights and biases are distributed, scheme by scheme, as `worker.initialize` draws them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import erf, exp, pi, prod, sqrt

from service.spec import initializers as schemes
from service.spec.frozen import Frozen
from service.spec.layers import NORMS, Activation, Convolution, WeightLayer
from service.spec.network import Network, PlacedLayer
from service.theory.unknown import NoClosedForm

TRUNCATED_VARIANCE = 1 - 4 * exp(-2) / sqrt(2 * pi) / erf(sqrt(2))
"""What is left of a normal distribution's variance when it is cut at two standard deviations: 0.774."""
_LEAKY = ("leaky_relu", "prelu")


@dataclass(frozen=True, slots=True)
class Draw:
    """The distribution of an entry."""

    mean: float
    variance: float
    isometric: bool = False
    """Whether the whole matrix keeps lengths, as far as its shape lets it."""


@dataclass(frozen=True, slots=True)
class Fans:
    """What a weight sums over, what it writes to, and its number of rows."""

    fan_in: int
    fan_out: int
    rows: int


def init_of(placed: PlacedLayer, network: Network) -> schemes.Init:
    """The layer's own init, or the network's."""
    return (placed.layer.init if isinstance(placed.layer, WeightLayer) else None) or network.init


def fans(placed: PlacedLayer) -> Fans:
    """Of a linear layer, a convolution, or the projection of a skip path."""
    weight = placed.parameter_shapes["weight"]
    window = prod(weight[2:])
    groups = placed.layer.groups if isinstance(placed.layer, Convolution) else 1
    return Fans(weight[1] * window, weight[0] // groups * window, weight[0])


def draw(scheme: Frozen, fan: Fans, slope: float = 0.0, *, bias: bool = False) -> Draw:
    """The distribution of the weights of a layer, or of its biases.

    `slope` is that of the leaky ReLU behind the layer, 0 without one.
    Raises `NoClosedForm` for schemes whose weights are not independent around zero.
    """
    match scheme:
        case schemes.Zeros():
            return Draw(0.0, 0.0)
        case schemes.Constant():
            return Draw(scheme.value, 0.0)
        case schemes.TorchDefault():
            return Draw(0.0, 1 / (3 * fan.fan_in))
        case schemes.Normal():
            return Draw(scheme.mean, scheme.std**2)
        case schemes.Uniform():
            return Draw((scheme.low + scheme.high) / 2, (scheme.high - scheme.low) ** 2 / 12)
        case schemes.TruncatedNormal():
            return Draw(scheme.mean, TRUNCATED_VARIANCE * scheme.std**2)
        case schemes.Orthogonal() | schemes.LSUV():
            # Rows or columns of length `gain`, whichever there are fewer of.
            longest = fan.rows if bias else max(fan.rows, fan.fan_in)
            return Draw(0.0, getattr(scheme, "gain", 1.0) ** 2 / longest, isometric=True)
        case schemes.Xavier():
            return Draw(0.0, (scheme.gain or 1.0) ** 2 * 2 / (fan.fan_in + fan.fan_out))
        case schemes.He():
            return Draw(0.0, (scheme.gain or sqrt(2 / (1 + slope**2))) ** 2 / fan.fan_in)
        case schemes.LeCun():
            return Draw(0.0, (scheme.gain or 1.0) ** 2 / fan.fan_in)
        case _:
            raise NoClosedForm(f"there is no theory for the init {scheme!r}")


def centered(weights: Draw) -> Draw:
    """The same, if the weights have mean zero and are not all the same. Raises `NoClosedForm` otherwise."""
    if weights.mean != 0:
        raise NoClosedForm(f"its weights have mean {weights.mean:g}, and the theory is about weights around zero")
    if weights.variance == 0:
        raise NoClosedForm("its weights are all zero, and let nothing through")
    return weights


def leaky_slope(placed: Sequence[PlacedLayer], index: int) -> float:
    """Negative slope of the leaky ReLU that reads a layer, norms in between passed over; 0 for anything else."""
    behind = placed[index + 1 :]
    norms = sum(1 for _ in takewhile(lambda layer: isinstance(layer.layer, NORMS), behind))
    reader = behind[norms].layer if norms < len(behind) else None
    if isinstance(reader, Activation) and reader.function in _LEAKY:
        return reader.parameters["negative_slope"]
    return 0.0
