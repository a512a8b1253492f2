"""A last layer that cannot give its loss what it asks for."""

from collections.abc import Iterator
from math import inf, isfinite
from typing import Annotated

from service.diagnosis.evidence.lowest import lowest_loss, unreachable_share
from service.diagnosis.evidence.outcome import Outcome, outcome
from service.diagnosis.evidence.output_range import Output, output_of
from service.diagnosis.finding import Finding
from service.diagnosis.rule import Source, rule
from service.spec.losses import LossName
from service.spec.run import RunSpec
from service.trace.trace import Trace

_BATCHES = 3
_ASKS: dict[LossName, str] = {
    "cross_entropy": "cross_entropy takes logits of any size and applies softmax itself: end the network in its last "
    "linear layer",
    "nll": "nll takes log-probabilities: end the network in log_softmax, or take cross_entropy and no function at all",
    "bce_with_logits": "bce_with_logits takes logits of any size and applies sigmoid itself: end the network in its "
    "last linear layer, or in sigmoid and take bce",
    "bce": "bce takes probabilities: end the network in sigmoid, or in its last linear layer and take bce_with_logits",
    "mse": "mse needs an output that reaches every target: end the network in its last linear layer",
    "l1": "l1 needs an output that reaches every target: end the network in its last linear layer",
    "huber": "huber needs an output that reaches every target: end the network in its last linear layer",
}


@rule(reference="Bishop 2006, §4.3.6 and §5.2 (matching output function and loss)")
def output_mismatch(
    trace: Trace,
    run: RunSpec,
    *,
    unreachable: Annotated[
        float,
        Source("share of a constant prediction's loss that perfect predictions would keep; of trained networks' loss"),
    ] = 0.1,
    learned: Annotated[
        float,
        Source("half of a constant prediction's loss, less in runs under 300 steps; only decides on the severity"),
    ] = 0.5,
) -> Iterator[Finding]:
    """The last layer cannot put out what the loss asks for, however long the training.

    Symptom. The outputs lie in a range in which the loss of perfect predictions is far from zero, has no lower bound
    or is no number: probabilities where logits are asked for, logits where probabilities are, values without a sign
    for targets that have one.

    Why it hurts. The loss stays high with every sample predicted right, and the gradient through two squashing
    functions in a row is small; a loss without a bound falls for ever and means nothing; the logarithm of a number
    below zero is NaN.

    What to try. End the network in its last linear layer for cross_entropy, bce_with_logits, mse, l1 and huber, in
    log_softmax for nll, in sigmoid for bce.
    """
    output = output_of(run)
    lowest, share = lowest_loss(output, run), unreachable_share(run)
    if lowest is None or share is None:
        return
    result = outcome(trace, run)
    within = abs(share) < unreachable
    if within and not _harms(trace, output, result):
        return
    numbers = isfinite(share) and not within
    yield Finding(
        rule="output_mismatch",
        severity="warning" if isfinite(lowest) and result and result.learned(learned) else "critical",
        cause="output_layer" if output.bounded else "loss",
        layers=(output.layer,),
        first_step=0,
        last_step=int(trace.curves["loss"].steps[-1]) if result else 0,
        value=share if numbers else None,
        threshold=unreachable if numbers else None,
        explanation=(
            f"{_measured(output, lowest, share, unreachable)}{f', and {result.told}' if result else ''}. "
            f"{_ASKS[run.training.loss]}."
        ),
    )


def _harms(trace: Trace, output: Output, result: Outcome | None) -> bool:
    """Whether a range that has room for the targets does harm: it cuts logits off, or overflows, or has gone dead."""
    if output.zero_below:
        return output.loss == "cross_entropy" or (result is not None and result.progress <= 0 and _dead(trace, output))
    return output.function == "exponential" and result is not None and result.diverged


def _dead(trace: Trace, output: Output) -> bool:
    """Whether the output is zero for every sample of the last batches."""
    series = trace.metrics.get("dead_fraction")
    if series is None or output.layer not in series.layers or not series.steps.size:
        return False
    return bool((series.of(output.layer)[-_BATCHES:] >= 1).all())


def _measured(output: Output, lowest: float, share: float, limit: float) -> str:
    loss, where = output.loss, f"the outputs of {output.layer}"
    if output.function:
        where += f" ({output.function})"
    span = f"lie between {output.low:.3g} and {output.high:.3g}" if output.bounded else "may be any number"
    if lowest == inf:
        return f"From step 0 on {where} {span}, and {loss} is no number outside 0 and 1"
    if lowest == -inf:
        return f"From step 0 on {where} {span}, and {loss} of what is no log-probability has no lower bound"
    if abs(share) < limit:
        harm = f"an output of zero gets no gradient from {loss}" if output.zero_below else f"they overflow in {loss}"
        return f"From step 0 on {where} {span}, and {harm}"
    return (
        f"From step 0 on {where} {span}, where {loss} cannot fall below {lowest:.3g}: perfect predictions would keep "
        f"{share:.0%} of a constant prediction's loss (over {limit:.0%})"
    )


RULE = output_mismatch
