"""Where a bad backward signal comes from: the function, the weights, the width, the depth, the data, the step size."""

from collections import Counter
from math import log

import numpy as np

from service.diagnosis.evidence.backward import Backward, backward
from service.diagnosis.evidence.distortion import growing
from service.diagnosis.evidence.inputs import inputs
from service.diagnosis.evidence.slope import hidden_activations, preserved_gradient
from service.diagnosis.evidence.start import far_off
from service.diagnosis.evidence.through_time import through_time
from service.diagnosis.finding import Cause
from service.spec.activations import ActivationFunction
from service.spec.layers import BatchNorm, Flatten, LayerNorm, Residual
from service.spec.run import RunSpec
from service.trace.trace import Trace

_KEEPS = 0.5
"""A function that passes on less of the squared gradient than this, at any init, is itself the cause."""
_NEAR_ONE = 0.9
"""A factor per layer this near to 1 is harmless in itself; it takes many layers to add up."""
_GROWS = 10.0
"""Growth of the backward signal that explains outputs which are far too large from the start."""
_EXPLODES = 1e3
"""Growth that no output size can excuse, as in bounded activations: the inverse of what is called vanishing."""
_LARGE_INPUT = 5.0
"""Root mean square of an input feature; 1 after standardizing."""


def vanishing_origin(signal: Backward, ratio: float, trace: Trace, run: RunSpec) -> Cause:
    """Why a signal that is lost over depth at the initial weights is lost. `ratio` is first over last."""
    functions = Counter(
        ActivationFunction(function=layer.function, **layer.parameters) for layer in hidden_activations(run).values()
    )
    if functions and preserved_gradient(functions.most_common(1)[0][0]) < _KEEPS:
        return "activation"
    if _width_explains(ratio, trace, run):
        return "width"
    return "depth" if signal.per_layer(ratio) >= _NEAR_ONE else "initialization"


def divergence_origin(trace: Trace, run: RunSpec) -> Cause:
    """Why a run blows up: at the initial weights already, by its data, or by the size of its steps."""
    if any(layer.function == "exponential" for layer in hidden_activations(run).values()):
        return "activation"
    through = growing(through_time(trace, run), _EXPLODES)
    if through is not None and through.at_start > _EXPLODES:
        return "depth" if through.gradual else "initialization"
    signal = backward(trace)
    grown = 0.0 if signal is None else float(signal.at_start[0])
    off = far_off(trace, run)
    if signal is not None and (grown >= _EXPLODES or (grown >= _GROWS and off)):
        eased = any(isinstance(placed.layer, Residual | BatchNorm | LayerNorm) for placed in run.placed())
        return "depth" if eased or signal.per_layer(grown) <= 1 / _NEAR_ONE else "initialization"
    if unscaled_inputs(trace, run):
        return "data"
    return "initialization" if off else "learning_rate"


def _width_explains(ratio: float, trace: Trace, run: RunSpec) -> bool:
    """Whether the weights have the right size and only the spread of narrow layers can explain `ratio`.

    In homogeneous networks E‖δ^l‖² = E[φ′²] · σ_w² · ‖δ^(l+1)‖² with σ_w² = ‖W^(l+1)‖²_F / fan_out, which is measured;
    around it log‖δ‖² is spread with variance 5 Σ 1/n and mean −½ of that (Hanin 2018).
    """
    passed = {_slope_squared(layer) for layer in hidden_activations(run).values()}
    norms = trace.metrics.get("weight_norm")
    weights = [placed for placed in run.placed() if placed.has_weight and not isinstance(placed.layer, Residual)]
    if None in passed or len(passed) != 1 or norms is None or not norms.steps.size:
        return False
    if any(placed.name not in norms.layers for placed in weights):
        return False
    slope_squared = passed.pop() or 0.0
    gains = [float(norms.of(placed.name)[0]) ** 2 / placed.out_shape[-1] for placed in weights[1:]]
    if not all(gain > 0 for gain in gains) or not np.isfinite(gains).all():
        return False
    by_weights = sum(log(slope_squared * gain) for gain in gains)
    variance = sum(5 / placed.out_shape[-1] for placed in weights[:-1])
    lost = log(max(ratio, 1e-300) ** 2) if ratio > 1e-150 else -700.0
    return by_weights > lost / 2 and lost > by_weights - variance / 2 - 3 * variance**0.5


def _slope_squared(layer: ActivationFunction) -> float | None:
    """E[φ′²] of a homogeneous function, whatever the size of its input; None for other functions."""
    match layer.function:
        case "identity":
            return 1.0
        case "relu":
            return 0.5
        case "leaky_relu" | "prelu":
            return (1 + layer.parameters["negative_slope"] ** 2) / 2
        case _:
            return None


def unscaled_inputs(trace: Trace, run: RunSpec) -> bool:
    """Whether the features are far larger than standardized ones: as measured, or as the first gradients tell."""
    told = inputs(trace)
    if told is not None and told.size > _LARGE_INPUT:
        return True
    return run.data.normalize == "none" and (input_scale(trace, run) or 0.0) > _LARGE_INPUT


def input_scale(trace: Trace, run: RunSpec) -> float | None:
    """Root mean square of an input feature, from ‖∂L/∂W‖ ≤ ‖δ‖ · ‖x‖ of the first layer at the first step.

    None where the data does not meet a weight layer first, or nothing finite is recorded.
    """
    first = next(placed for placed in run.placed() if not isinstance(placed.layer, Flatten))
    at_first = {}
    for name in ("grad_norm", "bias_grad_norm", "delta_norm"):
        series = trace.metrics.get(name)
        if series is not None and series.steps.size and first.name in series.layers:
            at_first[name] = float(series.of(first.name)[0])
    delta = at_first.get("delta_norm", 0.0)
    if not first.has_weight or not delta > 0 or not np.isfinite(list(at_first.values())).all():
        return None
    weights = max(at_first.get("grad_norm", 0.0) ** 2 - at_first.get("bias_grad_norm", 0.0) ** 2, 0.0) ** 0.5
    return float(weights / delta / first.in_shape[-1] ** 0.5)
