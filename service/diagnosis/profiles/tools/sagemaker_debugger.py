"""Amazon SageMaker Debugger's built-in rules, with the defaults of its developer guide.

Left out, because no trace carries what they look at: ClassImbalance, Confusion, NLPSequenceRatio, SimilarAcrossRuns,
StalledTrainingRule, the XGBoost rules, and TensorVariance, which has no default.

There a rule looks at saved steps, by default every 500th, and ends where it first fires; here it looks at every
recorded step, and goes on.
"""

from dataclasses import replace
from itertools import pairwise
from typing import Annotated

import numpy as np

from service.diagnosis.profiles.profile import Profile, Sign, tool_rule
from service.diagnosis.profiles.readings import RECTIFIERS, kernels, of_functions, sign
from service.diagnosis.rule import Source
from service.spec.run import RunSpec
from service.trace.trace import Series, Trace

_SPREAD = 3.29
"""95th minus 5th percentile of a normal distribution, in standard deviations."""
_PERCENT = 100.0


@tool_rule("VanishingGradient", "vanishing_gradient")
def vanishing_gradient(
    trace: Trace,
    run: RunSpec,
    *,
    threshold: Annotated[float, Source("developer guide: VanishingGradient, threshold")] = 1e-7,
) -> Sign | None:
    """Fires when the mean of the absolute values of a gradient is below the threshold.

    Here: the mean is taken from the L2 norm, as if the entries were normally distributed.
    """
    seen = kernels(trace, run)
    if seen is None:
        return None
    return sign(seen.steps, seen.layers, seen.mean_gradient, seen.mean_gradient < threshold, threshold)


@tool_rule("ExplodingTensor", "non_finite", "exploding_gradient")
def exploding_tensor(trace: Trace, _run: RunSpec) -> Sign | None:
    """Fires when a tensor holds NaN or infinity; there is no test of magnitude.

    Here: when a norm, a mean or the loss does.
    """
    signs = [
        found
        for series in (*trace.metrics.values(), *filter(None, [_curve(trace, "loss")]))
        if (found := sign(series.steps, series.layers, series.values, ~np.isfinite(series.values), 0.0))
    ]
    return min(signs, key=lambda found: found.first_step, default=None)


@tool_rule("DeadRelu", "dead_units")
def dead_relu(
    trace: Trace,
    run: RunSpec,
    *,
    threshold_layer: Annotated[float, Source("developer guide: DeadRelu, threshold_layer, percent")] = 50.0,
) -> Sign | None:
    """Fires when more than threshold_layer percent of a layer's ReLUs are active less than 1 % of the time.

    Here: when so many are zero for the whole batch.
    """
    dead = of_functions(trace, run, "dead_fraction", {"relu"})
    if dead is None:
        return None
    percent = _PERCENT * dead.values
    return sign(dead.steps, dead.layers, percent, percent > threshold_layer, threshold_layer)


@tool_rule("SaturatedActivation", "saturated_activations")
def saturated_activation(
    trace: Trace,
    run: RunSpec,
    *,
    tanh_share: Annotated[
        float, Source("share beyond ±2.99, the 1 % slope, of a normal distribution with half of it beyond ±9.4999")
    ] = 0.832,
    sigmoid_share: Annotated[
        float, Source("share beyond ±5.98, the 1 % slope, of a normal distribution with half of it outside (−23, 17)")
    ] = 0.839,
) -> Sign | None:
    """Fires when more than half of a layer's nodes hardly ever leave the flat ends: inputs of tanh outside ±9.4999, of
    sigmoid outside (−23, 16.99999).

    Here: traces tell the share of outputs whose slope is below 1 % of the largest, and of it is asked what goes with
    half of the inputs beyond the bounds, as if these were normally distributed.
    """
    shares = {"tanh": tanh_share, "sigmoid": sigmoid_share}
    for function, share in shares.items():
        flat = of_functions(trace, run, "saturated_fraction", {function})
        if flat is not None and (found := sign(flat.steps, flat.layers, flat.values, flat.values > share, share)):
            return found
    return None


@tool_rule("PoorWeightInitialization", "poor_initialization", "vanishing_gradient", "exploding_gradient")
def poor_weight_initialization(
    trace: Trace,
    run: RunSpec,
    *,
    threshold: Annotated[float, Source("developer guide: PoorWeightInitialization, threshold")] = 10.0,
    distribution_range: Annotated[
        float, Source("developer guide: PoorWeightInitialization, distribution_range")
    ] = 1e-3,
    patience: Annotated[float, Source("developer guide: PoorWeightInitialization, patience")] = 5,
    steps: Annotated[float, Source("developer guide: PoorWeightInitialization, steps")] = 10,
) -> Sign | None:
    """Fires when, in the first steps, the variances of the weights of two layers differ by more than the threshold, or
    the 5th and 95th percentile of a gradient lie closer than distribution_range, or the loss has no new low for
    `patience` steps.

    Here: variances come from the L2 norms as if means were zero, percentiles as if entries were normally distributed.
    """
    seen, loss = kernels(trace, run), _curve(trace, "loss")
    if seen is None or loss is None:
        return None
    first = seen.steps < steps
    variance, spread = seen.variance[first], _SPREAD * seen.gradient[first] / np.sqrt(seen.count)
    ratio = variance.max(axis=1, keepdims=True) / np.maximum(variance.min(axis=1, keepdims=True), 1e-300)
    early = loss.values[loss.steps < steps, 0]
    lows = np.flatnonzero(early <= np.fmin.accumulate(early))
    stalled = np.full((first.sum(), 1), bool(np.diff([*lows, len(early)]).max(initial=0) > patience))
    found = (
        sign(seen.steps[first], ("",), ratio, ratio > threshold, threshold)
        or sign(seen.steps[first], seen.layers, spread, spread < distribution_range, distribution_range)
        or sign(seen.steps[first], ("",), np.full_like(ratio, patience), stalled, patience)
    )
    return found and replace(found, cause="initialization")


@tool_rule("WeightUpdateRatio", "learning_rate_too_high", "learning_rate_too_low")
def weight_update_ratio(
    trace: Trace,
    run: RunSpec,
    *,
    large_threshold: Annotated[float, Source("developer guide: WeightUpdateRatio, large_threshold")] = 10.0,
    small_threshold: Annotated[float, Source("developer guide: WeightUpdateRatio, small_threshold")] = 1e-8,
) -> Sign | None:
    """Fires when the ratio of updates to weights is larger than large_threshold or smaller than small_threshold.

    Here: the ratio of the L2 norms.
    """
    seen = kernels(trace, run)
    if seen is None:
        return None
    return sign(seen.steps, seen.layers, seen.update, seen.update > large_threshold, large_threshold) or sign(
        seen.steps, seen.layers, seen.update, seen.update < small_threshold, small_threshold
    )


@tool_rule("AllZero", "dead_units", "vanishing_gradient", "poor_initialization")
def all_zero(
    trace: Trace,
    run: RunSpec,
    *,
    threshold: Annotated[float, Source("developer guide: AllZero, threshold, percent")] = 100.0,
) -> Sign | None:
    """Fires when the threshold's percentage of the values of a tensor are zero.

    Here: when all weights of a layer are zero, or their gradient is, or all its ReLUs are.
    """
    seen = kernels(trace, run)
    if seen is None:
        return None
    for values in (seen.weight, seen.gradient):
        if found := sign(seen.steps, seen.layers, values, values == 0, threshold):
            return found
    dead = of_functions(trace, run, "dead_fraction", RECTIFIERS)
    if dead is None:
        return None
    return sign(dead.steps, dead.layers, dead.values, dead.values >= threshold / _PERCENT, threshold)


@tool_rule("UnchangedTensor", "learning_rate_too_low", "vanishing_gradient", "loss_not_decreasing")
def unchanged_tensor(
    trace: Trace,
    run: RunSpec,
    *,
    num_steps: Annotated[float, Source("developer guide: UnchangedTensor, num_steps")] = 3,
    rtol: Annotated[float, Source("developer guide: UnchangedTensor, rtol")] = 1e-5,
) -> Sign | None:
    """Fires when numpy.allclose says of a tensor's last num_steps saved values that they are the same.

    Here: when the weights of a layer move by less than rtol of their L2 norm, so many steps in a row.
    """
    seen = kernels(trace, run)
    moves = int(num_steps) - 1
    if seen is None or len(seen.steps) < moves:
        return None
    still = seen.update * run.trace.every < rtol
    in_a_row = np.stack([still[shift : len(still) - moves + 1 + shift] for shift in range(moves)]).all(axis=0)
    return sign(seen.steps[moves - 1 :], seen.layers, seen.update[moves - 1 :], in_a_row, rtol)


@tool_rule(
    "LossNotDecreasing", "loss_not_decreasing", "learning_rate_too_low", "oscillating_loss", "vanishing_gradient"
)
def loss_not_decreasing(
    trace: Trace,
    _run: RunSpec,
    *,
    num_steps: Annotated[float, Source("developer guide: LossNotDecreasing, num_steps")] = 10,
) -> Sign | None:
    """Fires when the loss is not lower than at least num_steps before; it looks at every num_steps, and at the
    validation loss where there is one.

    Here: the same, of the validations and steps recorded.
    """
    loss = _curve(trace, "validation_loss") or _curve(trace, "loss")
    if loss is None:
        return None
    looked = [0]
    for row, step in enumerate(loss.steps):
        if step >= loss.steps[looked[-1]] + num_steps:
            looked.append(row)
    values, steps = loss.values[looked], loss.steps[looked]
    return sign(steps[1:], ("",), values[1:], ~(values[1:] < values[:-1]), num_steps)


@tool_rule("Overfit", "overfitting")
def overfit(
    trace: Trace,
    _run: RunSpec,
    *,
    ratio_threshold: Annotated[float, Source("developer guide: Overfit, ratio_threshold, for patience 1")] = 0.1,
) -> Sign | None:
    """Fires when the mean validation loss exceeds the mean training loss by ratio_threshold of it.

    Here: at every validation, the training loss being the mean since the validation before.
    """
    training, validation = _curve(trace, "loss"), _curve(trace, "validation_loss")
    if training is None or validation is None:
        return None
    bounds = np.searchsorted(training.steps, [-1, *validation.steps], side="right")
    between = pairwise(bounds.tolist())
    means = np.array([[training.values[a:b].mean() if b > a else np.nan] for a, b in between])
    ratio = (validation.values - means) / means
    return sign(validation.steps, ("",), ratio, ratio > ratio_threshold, ratio_threshold)


@tool_rule("Overtraining", "overfitting", severity="info")
def overtraining(
    trace: Trace,
    _run: RunSpec,
    *,
    patience_validation: Annotated[float, Source("developer guide: Overtraining, patience_validation")] = 10,
    delta: Annotated[float, Source("developer guide: Overtraining, delta")] = 0.1,
) -> Sign | None:
    """Fires when the validation loss has not improved by delta for patience_validation steps: training can stop.

    Here: so many validations; told as information, for it finds no fault with the network.
    """
    validation = _curve(trace, "validation_loss")
    if validation is None:
        return None
    best, since = np.inf, 0
    waited = []
    for value in validation.values[:, 0]:
        improved = value < best - delta
        best, since = (value, 0) if improved else (best, since + 1)
        waited.append([since])
    counted = np.array(waited, np.float64)
    return sign(validation.steps, ("",), counted, counted >= patience_validation, patience_validation)


@tool_rule("CheckInputImages", "input_scale")
def check_input_images(
    trace: Trace,
    run: RunSpec,
    *,
    threshold: Annotated[float, Source("developer guide: CheckInputImages, threshold_mean")] = 0.2,
) -> Sign | None:
    """Fires when the mean of input images is beyond the threshold.

    Here: the mean over the training samples, where a network reads images.
    """
    mean = _curve(trace, "input_mean")
    if mean is None or run.view != "image":
        return None
    found = sign(mean.steps, mean.layers, mean.values, np.abs(mean.values) > threshold, threshold)
    return found and replace(found, cause="data")


def _curve(trace: Trace, name: str) -> Series | None:
    series = trace.curves.get(name)
    return series if series is not None and series.steps.size else None


PROFILE = Profile(
    "sagemaker_debugger",
    "Amazon SageMaker Debugger's built-in rules.",
    "Amazon SageMaker developer guide, List of Debugger built-in rules",
    (
        vanishing_gradient,
        exploding_tensor,
        dead_relu,
        saturated_activation,
        poor_weight_initialization,
        weight_update_ratio,
        all_zero,
        unchanged_tensor,
        loss_not_decreasing,
        overfit,
        overtraining,
        check_input_images,
    ),
)
