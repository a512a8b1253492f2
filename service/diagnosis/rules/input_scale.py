"""Inputs that are not on the scale that weights are initialized for."""

from collections.abc import Iterator
from typing import Annotated

from service.diagnosis.evidence.early_loss import highest_start, recovering
from service.diagnosis.evidence.inputs import Inputs, fine_at_unit_scale, inputs, scale_free
from service.diagnosis.evidence.outcome import Outcome, curve, outcome
from service.diagnosis.evidence.slope import hidden_activations
from service.diagnosis.evidence.steps import finite, path
from service.diagnosis.finding import Finding
from service.diagnosis.prescription import BATCH_NORM, SLOWER, adaptive, prescribe
from service.diagnosis.rule import Source, rule
from service.spec.run import RunSpec
from service.trace.trace import Trace

_FIRST_STEPS = 5
_HALF_A_LAYER, _WHOLE_LAYER = 0.5, 0.9
_SQUARED = {"mse", "huber"}


@rule(reference="LeCun, Bottou, Orr & Müller 1998, §4.3")
def input_scale(
    trace: Trace,
    run: RunSpec,
    *,
    size: Annotated[
        float,
        Source("3 / 0.674: from here on half of a tanh layer of unit gain lies where its slope is below 1 %"),
    ] = 4.4,
    faint: Annotated[
        float, Source("the inverse of the square of `size`: the first layer's gradient is 20 times too small")
    ] = 0.05,
    spread: Annotated[
        float, Source("the curvature along two features differs by its square (LeCun et al. 1998), so by 10⁴")
    ] = 100.0,
    long_step: Annotated[float, Source("‖Δw‖ / ‖w‖ that turns a layer into another one; torchmortem 0.1")] = 0.3,
    too_long: Annotated[
        float, Source("SageMaker Debugger's WeightUpdateRatio: a first step that is too long even at unit scale")
    ] = 10.0,
    start_loss: Annotated[
        float,
        Source("times a constant prediction's, or beyond it: outputs three times too large cost 9 squared"),
    ] = 10.0,
    lost: Annotated[float, Source("AutoTrainer (ICSE 2021), β₁: beyond it the network is ill at any input")] = 1e-3,
    learned: Annotated[
        float,
        Source("half of a constant prediction's loss, less in runs under 300 steps; vanished networks stay at 0.00"),
    ] = 0.5,
    well_learned: Annotated[
        float, Source("as saturated_activations asks, where all of the first layer is saturated from the start")
    ] = 0.8,
) -> Iterator[Finding]:
    """The inputs are far from unit scale, and training suffers from it.

    Symptom. The samples are numbers in the hundreds, or very small ones, or one feature is hundreds of times wider
    than the others, and the first layer saturates, the first steps are as long as the weights, the loss starts far
    above that of a constant prediction, or it stays there.

    Why it hurts. Initializations and learning rates are made for inputs of zero mean and unit variance: the outputs and
    the weight gradients of the first layer are proportional to its inputs, and with features of different scale no
    learning rate fits them all.

    What to try. Set data.normalize to "standard". Batch normalization behind the first layer does nearly the same; a
    smaller learning rate or an adaptive optimizer only bears with it.
    """
    result, told = outcome(trace, run), inputs(trace)
    if result is None or told is None or (result.too_early and not result.diverged):
        return
    if result.learned(learned if _saturated(trace, run) < _WHOLE_LAYER else well_learned):
        return
    large, small = told.size >= size, told.size <= faint
    if not (large or small or told.spread >= spread) or scale_free(run):
        return
    harm = _harm(trace, run, result, told, size, spread, long_step, too_long, start_loss)
    if harm is None or not fine_at_unit_scale(run, size, lost):
        return
    by_spread = not large and not small
    value, threshold = (told.spread, spread) if by_spread else (told.size, size if large else faint)
    what = (
        f"the widest input feature is {value:.3g} times as wide as the median one (over {threshold:g})"
        if by_spread
        else f"the inputs have a root mean square of {value:.3g} ({'over' if large else 'under'} {threshold:g})"
    )
    yield Finding(
        rule="input_scale",
        severity="critical" if result.progress < learned / 5 else "warning",
        cause="data",
        layers=(next(placed.name for placed in run.placed() if placed.has_weight),),
        first_step=0,
        last_step=int(trace.curves["loss"].steps[-1]),
        value=value,
        threshold=threshold,
        explanation=(
            f"At step 0 {what}, {harm}, and {result.told}. The weights would be in order for inputs of unit variance: "
            f'set data.normalize to "standard".'
        ),
        remedies=prescribe(run, BATCH_NORM, SLOWER if large else None, adaptive(run)),
    )


def _harm(
    trace: Trace,
    run: RunSpec,
    result: Outcome,
    told: Inputs,
    size: float,
    spread: float,
    long_step: float,
    too_long: float,
    start_loss: float,
) -> str | None:
    """What the inputs bring about that inputs of unit scale would not."""
    enlarged = max(told.size, 1.0) ** (2 if run.training.loss in _SQUARED else 1)
    first, longest = _first_steps(trace)
    if first / enlarged >= too_long:
        return None
    if longest >= long_step:
        return f"its first steps are {longest:.2g} times as long as the weights (over {long_step:g})"
    if recovering(trace, result):
        return None
    start, limit = float(curve(trace, "loss")[0]), highest_start(result, start_loss)
    if start > limit >= start / enlarged:
        return f"the loss starts at {start:.3g} (over {limit:.3g})"
    moved, saturated = path(trace, -1), _saturated(trace, run)
    if told.size >= size and saturated >= (_HALF_A_LAYER if moved >= 1 else _WHOLE_LAYER) and moved >= long_step:
        return f"{saturated:.0%} of the outputs of the first activation lie on its flat ends"
    if moved >= long_step and (told.size >= size**2 or told.size < 1 or told.spread >= spread):
        return "training has come to a standstill"
    return None


def _first_steps(trace: Trace) -> tuple[float, float]:
    """The longest first step of a layer relative to its weights, and the longest of the first few."""
    series = trace.metrics.get("update_ratio")
    if series is None or not series.layers or not series.steps.size:
        return 0.0, 0.0
    few = finite(series.values[:_FIRST_STEPS])
    return float(few[0].max()), float(few.max())


def _saturated(trace: Trace, run: RunSpec) -> float:
    """Share of the first hidden activation's outputs on its flat ends at the initial weights, if it has two."""
    series, hidden = trace.metrics.get("saturated_fraction"), hidden_activations(run)
    bounded = [name for name, layer in hidden.items() if layer.entry.saturates]
    if series is None or not bounded or bounded[0] != next(iter(hidden)) or bounded[0] not in series.layers:
        return 0.0
    return float(finite(series.of(bounded[0])[:1]).sum())


RULE = input_scale
