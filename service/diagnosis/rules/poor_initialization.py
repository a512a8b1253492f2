"""Start weights that no depth is to blame for."""

from collections.abc import Iterator
from math import inf
from typing import Annotated

from service.diagnosis.evidence.backward import backward
from service.diagnosis.evidence.early_loss import highest_start, recovering
from service.diagnosis.evidence.inputs import fine_at_unit_scale, inputs
from service.diagnosis.evidence.lowest import unreachable_share
from service.diagnosis.evidence.outcome import Outcome, curve, outcome
from service.diagnosis.evidence.slope import hidden_activations
from service.diagnosis.evidence.steps import first_longer
from service.diagnosis.evidence.symmetry import all_zero, identical_layers
from service.diagnosis.finding import Finding
from service.diagnosis.prescription import BATCH_NORM, adaptive, fitting_init, prescribe
from service.diagnosis.rule import Source, rule
from service.spec.run import RunSpec
from service.trace.trace import Trace

_GROWS = 10.0
"""Growth of the backward signal that explains, to exploding_gradient, why a run has diverged in long steps."""


@rule(reference="Glorot & Bengio 2010; Goodfellow, Bengio & Courville 2016, §8.4")
def poor_initialization(
    trace: Trace,
    run: RunSpec,
    *,
    start_loss: Annotated[
        float,
        Source("times a constant prediction's, or beyond it: outputs three times too large cost 9 squared"),
    ] = 10.0,
    profile: Annotated[
        float, Source("the growth over depth that exploding_gradient speaks of, and its inverse for vanishing_gradient")
    ] = 1e3,
    saturated: Annotated[float, Source("the share of a layer that saturated_activations speaks of")] = 0.5,
    size: Annotated[float, Source("root mean square of the inputs that input_scale speaks of")] = 4.4,
    unreachable: Annotated[float, Source("the share of the loss that output_mismatch speaks of")] = 0.1,
    learned: Annotated[
        float,
        Source("half of a constant prediction's loss, less in runs under 300 steps; vanished networks stay at 0.00"),
    ] = 0.5,
) -> Iterator[Finding]:
    """The start weights make all units of a layer alike, or the outputs far too large.

    Symptom. Weights that are all zero or all the same number; or a loss at step 0 that is many times that of a
    constant prediction, though the signal keeps its size over depth.

    Why it hurts. Units that start alike get the same gradient and stay alike, so that a layer of any width does the
    work of a single unit, and behind weights of zero none at all. Outputs that are far too large are certain and wrong:
    the first steps are spent, and often wasted, on undoing them.

    What to try. Random weights of the size that fits the activation function: He for ReLU, Xavier for tanh and
    sigmoid, LeCun for SELU.
    """
    result = outcome(trace, run)
    if result is None or result.too_early or result.learned(learned):
        return
    last = int(trace.curves["loss"].steps[-1])
    if alike := identical_layers(run):
        zero = all_zero(run, alike)
        yield Finding(
            rule="poor_initialization",
            severity="critical" if result.progress < learned / 5 else "warning",
            cause="initialization",
            layers=alike,
            first_step=0,
            last_step=last,
            value=None,
            threshold=None,
            explanation=(
                f"At step 0 all weights of {_named(alike)} and of the layer behind are "
                f"{'zero' if zero else 'the same number'}, and {result.told}. "
                + (
                    "No signal passes such weights, forward or backward, so only biases learn."
                    if zero
                    else "Units that start alike get the same gradient and stay alike: such a layer does the work of "
                    "one unit."
                )
            ),
            remedies=prescribe(run, fitting_init(run)),
        )
        return
    start, limit = float(curve(trace, "loss")[0]), highest_start(result, start_loss)
    if not limit < start < inf or recovering(trace, result) or not _own_fault(trace, run, result, profile, saturated):
        return
    if (unreachable_share(run) or 0.0) >= unreachable:
        return
    told = inputs(trace)
    if told is not None and told.size >= size and fine_at_unit_scale(run, size, 1 / profile):
        return
    weights = tuple(placed.name for placed in run.placed() if placed.has_weight)
    yield Finding(
        rule="poor_initialization",
        severity="critical" if result.progress < learned / 5 else "warning",
        cause="initialization",
        layers=weights,
        first_step=0,
        last_step=last,
        value=start,
        threshold=limit,
        explanation=(
            f"At step 0 the loss is {start:.3g} (over {limit:.3g}), and {result.told}. The "
            "initial weights make the outputs far too large, though the backward signal keeps its size over depth."
        ),
        remedies=prescribe(run, fitting_init(run), BATCH_NORM, adaptive(run)),
    )


def _own_fault(trace: Trace, run: RunSpec, result: Outcome, profile: float, saturated: float) -> bool:
    """Whether neither a growth over depth nor saturation nor an exponential tells of the start in a rule of its own."""
    hidden = hidden_activations(run)
    if any(row.function == "exponential" for row in trace.rows):
        return False
    signal = backward(trace)
    if signal is not None:
        grown = float(signal.at_start[0])
        if not 1 / profile < grown < profile:
            return False
        if grown >= _GROWS and result.diverged and first_longer(trace, 1.0):
            return False
    series = trace.metrics.get("saturated_fraction")
    if series is None or not series.steps.size:
        return True
    return not any(
        share >= saturated and name in hidden and hidden[name].entry.saturates
        for name, share in zip(series.layers, series.values[0], strict=True)
    )


def _named(layers: tuple[str, ...]) -> str:
    return ", ".join(layers) if len(layers) <= 3 else f"{layers[0]} and {len(layers) - 1} more layers"


RULE = poor_initialization
