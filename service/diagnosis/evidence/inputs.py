"""What came in: the scale of the training samples as the network reads them, as the worker tells it at step 0."""

from dataclasses import dataclass
from math import isfinite, sqrt

from service.spec.layers import NORMS, Dropout, Flatten
from service.spec.run import RunSpec
from service.theory import predicted_profile
from service.trace.trace import Trace


@dataclass(frozen=True, slots=True)
class Inputs:
    """The numbers that reach the first layer."""

    size: float
    """Root of their mean square; 1 after standardizing."""
    spread: float
    """Standard deviation of the widest feature over that of the median one; 1 after standardizing."""


def inputs(trace: Trace) -> Inputs | None:
    """The inputs; None of tokens, and where nothing finite is recorded."""
    told = [trace.curves.get(name) for name in ("input_second_moment", "input_spread")]
    numbers = [float(curve.values[0, 0]) for curve in told if curve is not None and curve.steps.size]
    if len(numbers) < 2 or not all(map(isfinite, numbers)) or numbers[0] < 0:
        return None
    return Inputs(sqrt(numbers[0]), numbers[1])


def scale_free(run: RunSpec) -> bool:
    """Whether the first layer with weights stands between norms or beside one, so that the inputs' scale is lost."""
    first, *behind = [placed for placed in run.placed() if not isinstance(placed.layer, Flatten | Dropout)]
    return isinstance(first.layer, NORMS) or (bool(behind) and isinstance(behind[0].layer, NORMS))


def fine_at_unit_scale(run: RunSpec, largest: float, lost: float) -> bool:
    """Whether theory finds the same weights in order for inputs of unit mean square.

    No layer with weights then puts out more than `largest`, root mean square, and the backward signal keeps between
    `lost` and 1 / `lost` of its size. What theory does not know of is taken to be in order.
    """
    layers = predicted_profile(run, 1.0).layers
    ratios = [layer.delta_norm_ratio for layer in layers if layer.delta_norm_ratio is not None]
    return all(layer.q is None or layer.q <= largest**2 for layer in layers) and all(
        lost <= ratio <= 1 / lost for ratio in ratios
    )
