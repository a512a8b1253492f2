"""DeepDiagnosis's symptoms, with the thresholds of its callback and the causes it maps them to.

It looks at the end of every epoch and exits at its first symptom. Out of Range is read for outputs of a known range
alone: the range of linear outputs is in no trace.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from service.diagnosis.finding import Cause
from service.diagnosis.profiles.profile import Profile, Sign, Signs, tool_rule
from service.diagnosis.profiles.readings import epochs, kernels, of_functions, rows_at, sign
from service.diagnosis.rule import Source
from service.spec.network import output_activation
from service.spec.run import RunSpec
from service.trace.trace import Trace

Values = NDArray[np.floating]
_UNCHANGED_EPOCHS = 5
_SAME_ACCURACIES = 20
_WEIGHT_VARIANCE = 1e-5, 10.0
_LEARNING_RATE = 1e-5, 0.1
"""Bounds of lr · ‖∂L/∂W‖ / ‖W‖."""
_RANGES = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "relu": (0.0, np.inf), "elu": (-1.0, np.inf)}


@tool_rule("Out of Range", "output_mismatch")
def out_of_range(trace: Trace, run: RunSpec) -> Sign | None:
    """Fires at the first epoch when targets lie outside what the last activation can give, or cross entropy reads a
    linear output or a ReLU.

    Here: cross_entropy has its softmax inside, so there a linear output is right; nll has none.
    """
    grid, output, loss = epochs(trace, run), output_activation(run.network.layers), run.training.loss
    if grid is None:
        return None
    function = output.function if output else "identity"
    unread = (loss == "cross_entropy" and function == "relu") or (loss == "nll" and function in {"identity", "relu"})
    low, high = _RANGES.get(function, (-np.inf, np.inf))
    real = run.data.source.target().kind == "values"
    outside = real and (low > -np.inf or high < np.inf)
    return Sign((), int(grid.ends[0]), int(grid.ends[0]), None, None, "output_layer") if unread or outside else None


@tool_rule("Numerical Error", "non_finite", "exploding_gradient", "dead_units", "vanishing_gradient")
def numerical_error(trace: Trace, run: RunSpec) -> Sign | None:
    """Fires when the mean of a layer's output, weights or gradient is NaN, infinite or exactly zero.

    Here: the mean of outputs, and the L2 norm of weights and gradients.
    """
    grid, seen, mean = epochs(trace, run), kernels(trace, run), trace.metrics.get("activation_mean")
    if grid is None or seen is None:
        return None
    found = []
    if mean is not None and mean.steps.size:
        rows = rows_at(mean.steps, grid.ends)
        found.append(_unusable(grid.ends, mean.layers, mean.values[rows]))
    rows = rows_at(seen.steps, grid.ends)
    found += [_unusable(grid.ends, seen.layers, values[rows]) for values in (seen.weight, seen.gradient)]
    return min(filter(None, found), key=lambda each: each.first_step, default=None)


def _unusable(steps: NDArray[np.int64], layers: tuple[str, ...], values: Values) -> Sign | None:
    return sign(steps, layers, values, ~np.isfinite(values) | (values == 0), 0.0)


@tool_rule("Dead Node", "dead_units")
def dead_node(
    trace: Trace,
    run: RunSpec,
    *,
    share: Annotated[float, Source("DeepDiagnosis's callbacks.py: threshold_layer_1")] = 0.7,
    spread: Annotated[
        float, Source("mean over standard deviation of max(0, z) of a normal z that is negative so often as share says")
    ] = 0.470,
) -> Sign | None:
    """Fires at the last epoch when the share of a ReLU layer's outputs are zero.

    Here: when so many units are dead for the whole batch, or the mean of the outputs is as small against their
    standard deviation as that of a normal distribution cut at zero would be.
    """
    grid = epochs(trace, run)
    wanted = [of_functions(trace, run, name, {"relu"}) for name in _RELU_METRICS]
    dead, mean, deviation = wanted
    if grid is None or dead is None or mean is None or deviation is None or mean.layers != dead.layers:
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        few = (dead.values[-1:] >= share) | (mean.values[-1:] / deviation.values[-1:] < spread)
    return sign(grid.ends[-1:], dead.layers, dead.values[-1:], few, share)


_RELU_METRICS = ("dead_fraction", "activation_mean", "activation_std")


@tool_rule("Saturated Activation", "saturated_activations")
def saturated_activation(
    trace: Trace,
    run: RunSpec,
    *,
    tanh_share: Annotated[
        float, Source("share beyond ±2.99, the 1 % slope, of a normal distribution with half of it beyond ±5")
    ] = 0.686,
    sigmoid_share: Annotated[
        float, Source("share beyond ±5.98, the 1 % slope, of a normal distribution with half of it beyond ±5")
    ] = 0.419,
) -> Sign | None:
    """Fires at every fifth epoch when over half of the inputs of tanh or sigmoid lie beyond ±5.

    Here: traces tell the share of outputs whose slope is below 1 % of the largest, and of it is asked what goes with
    half of the inputs beyond the bounds, as if these were normally distributed.
    """
    grid = epochs(trace, run)
    if grid is None or len(grid.ends) < _UNCHANGED_EPOCHS:
        return None
    looked = grid.ends[_UNCHANGED_EPOCHS - 1 :: _UNCHANGED_EPOCHS]
    for function, share in (("tanh", tanh_share), ("sigmoid", sigmoid_share)):
        flat = of_functions(trace, run, "saturated_fraction", {function})
        if flat is None:
            continue
        values = flat.values[rows_at(flat.steps, looked)]
        if found := sign(looked, flat.layers, values, values > share, share):
            return found
    return None


@tool_rule("Unchange Tensor", "learning_rate_too_low", "vanishing_gradient", "poor_initialization")
def unchange_tensor(trace: Trace, run: RunSpec) -> Sign | None:
    """Fires when the mean of a layer's output, weights or gradient is exactly the same over five epochs.

    Here: the mean of outputs, and the L2 norm of weights and gradients.
    """
    grid, seen, mean = epochs(trace, run), kernels(trace, run), trace.metrics.get("activation_mean")
    if grid is None or seen is None:
        return None
    rows = rows_at(seen.steps, grid.ends)
    read: list[tuple[tuple[str, ...], Values]] = [(seen.layers, seen.weight[rows]), (seen.layers, seen.gradient[rows])]
    if mean is not None and mean.steps.size:
        read.append((mean.layers, mean.values[rows_at(mean.steps, grid.ends)]))
    found = [_unchanged(grid.ends, layers, values, _UNCHANGED_EPOCHS) for layers, values in read]
    return min(filter(None, found), key=lambda each: each.first_step, default=None)


def _unchanged(steps: NDArray[np.int64], layers: tuple[str, ...], values: Values, length: int) -> Sign | None:
    """The sign of values that are the same all through a group of `length` epochs."""
    groups = len(values) // length
    if not groups:
        return None
    grouped = values[: groups * length].reshape(groups, length, -1)
    same = (grouped == grouped[:, :1]).all(axis=1)
    return sign(steps[length - 1 :: length], layers, grouped[:, -1], same, 0.0)


@tool_rule("Invalid Loss", "non_finite", "exploding_gradient")
def invalid_loss(trace: Trace, run: RunSpec) -> Sign | None:
    """Fires when the loss is NaN or infinite.

    Here: the same, of the mean over an epoch's recorded steps.
    """
    grid = epochs(trace, run)
    if grid is None:
        return None
    return sign(grid.ends, ("",), grid.loss[:, None], ~np.isfinite(grid.loss[:, None]), 0.0)


@tool_rule("Loss Not Decreasing", "loss_not_decreasing", "learning_rate_too_low", "vanishing_gradient")
def loss_not_decreasing(trace: Trace, run: RunSpec) -> Sign | None:
    """Fires when the loss is exactly the same over five epochs.

    Here: the same, of the mean over an epoch's recorded steps.
    """
    grid = epochs(trace, run)
    if grid is None:
        return None
    return _unchanged(grid.ends, ("",), grid.loss[:, None], _UNCHANGED_EPOCHS)


@tool_rule("Invalid Accuracy", "loss_not_decreasing", "output_mismatch")
def invalid_accuracy(trace: Trace, run: RunSpec) -> Sign | None:
    """Fires when the accuracy is zero.

    Here: the same, of the mean over an epoch's recorded steps.
    """
    grid = epochs(trace, run)
    if grid is None:
        return None
    return sign(grid.ends, ("",), grid.accuracy[:, None], grid.accuracy[:, None] == 0, 0.0)


@tool_rule("Accuracy Not Increasing", "loss_not_decreasing", "learning_rate_too_low", "vanishing_gradient")
def accuracy_not_increasing(trace: Trace, run: RunSpec) -> Sign | None:
    """Fires when the accuracy is exactly the same over twenty epochs.

    Here: the same, of the mean over an epoch's recorded steps.
    """
    grid = epochs(trace, run)
    if grid is None:
        return None
    return _unchanged(grid.ends, ("",), grid.accuracy[:, None], _SAME_ACCURACIES)


@tool_rule("Vanishing Gradient", "vanishing_gradient")
def vanishing_gradient(
    trace: Trace,
    run: RunSpec,
    *,
    threshold: Annotated[float, Source("DeepDiagnosis's callbacks.py: threshold_VG")] = 1e-7,
) -> Sign | None:
    """Fires when the mean of the absolute values of a gradient is below the threshold.

    Here: the mean is taken from the L2 norm, as if the entries were normally distributed.
    """
    grid, seen = epochs(trace, run), kernels(trace, run)
    if grid is None or seen is None:
        return None
    values = seen.mean_gradient[rows_at(seen.steps, grid.ends)]
    return sign(grid.ends, seen.layers, values, values < threshold, threshold)


_ADVICE: dict[str, tuple[Sequence[Cause], Cause]] = {
    "Numerical Error": (("initialization", "data", "learning_rate"), "activation"),
    "Dead Node": (("data", "initialization", "learning_rate"), "unknown"),
    "Saturated Activation": (("data", "initialization", "learning_rate"), "unknown"),
    "Unchange Tensor": (("initialization", "learning_rate"), "unknown"),
    "Invalid Loss": (("learning_rate",), "unknown"),
    "Loss Not Decreasing": (("initialization", "data", "learning_rate"), "unknown"),
    "Invalid Accuracy": (("learning_rate",), "unknown"),
    "Accuracy Not Increasing": (("initialization", "data", "learning_rate"), "unknown"),
    "Vanishing Gradient": (("learning_rate",), "activation"),
}
"""For each symptom what it suspects, in its order, and what is left where none of that is out of bounds."""


def _first(trace: Trace, run: RunSpec, signs: Signs) -> Signs:
    """The symptom it exits at, with the cause it names."""
    if not signs:
        return signs
    rule, seen = min(signs, key=lambda pair: pair[1].first_step)
    if rule.name not in _ADVICE:
        return [(rule, seen)]
    suspects, left = _ADVICE[rule.name]
    beyond = _out_of_bounds(trace, run, seen.first_step)
    return [(rule, replace(seen, cause=next((cause for cause in suspects if cause in beyond), left)))]


def _out_of_bounds(trace: Trace, run: RunSpec, step: int) -> set[Cause]:
    """What its analysis of a symptom at `step` would find amiss."""
    beyond: set[Cause] = set()
    largest = trace.curves.get("input_max")
    if largest is not None and largest.steps.size and float(largest.values[0, 0]) > 1:
        beyond.add("data")
    seen, rates = kernels(trace, run), trace.curves.get("lr")
    if seen is None or rates is None:
        return beyond
    row = rows_at(seen.steps, np.array([step]))[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        steps = rates.values[row, 0] * seen.gradient[row] / seen.weight[row]
    if _outside(seen.variance[row], *_WEIGHT_VARIANCE):
        beyond.add("initialization")
    if _outside(steps, *_LEARNING_RATE):
        beyond.add("learning_rate")
    return beyond


def _outside(values: Values, low: float, high: float) -> bool:
    return bool(((values < low) | (values > high)).any())


PROFILE = Profile(
    "deepdiagnosis",
    "DeepDiagnosis's symptoms and what it holds responsible for them.",
    "Wardat et al. 2022, DeepDiagnosis: automatically diagnosing faults and recommending actionable fixes",
    (
        out_of_range,
        numerical_error,
        dead_node,
        saturated_activation,
        unchange_tensor,
        invalid_loss,
        loss_not_decreasing,
        invalid_accuracy,
        accuracy_not_increasing,
        vanishing_gradient,
    ),
    _first,
)
