"""A network that learns its training samples by heart."""

from collections.abc import Iterator
from math import isnan
from typing import Annotated

from service.diagnosis.evidence.generalization import generalization
from service.diagnosis.evidence.outcome import outcome
from service.diagnosis.finding import Finding
from service.diagnosis.prescription import prescribe
from service.diagnosis.rule import Source, rule
from service.spec.run import RunSpec
from service.trace.trace import Trace

_L2 = {"kind": "l2", "strength": 1e-3}
_MAX_NORM = {"kind": "max_norm", "max_norm": 3.0}
"""Srivastava et al. 2014."""


@rule(reference="Prechelt 1998; Krogh & Hertz 1991")
def overfitting(
    trace: Trace,
    run: RunSpec,
    *,
    rise: Annotated[
        float, Source("SageMaker Debugger's Overfit, for losses and accuracies; Prechelt 1998 stops at 0.01 to 0.05")
    ] = 0.1,
    errors: Annotated[float, Source("standard errors, of a mean or a share of the validation samples: 95 %")] = 2.0,
    gap: Annotated[
        float, Source("the training loss over the validation loss: half of what is left is the samples' own")
    ] = 0.5,
    falling: Annotated[float, Source("the training loss over what it was: it has gone on falling by a tenth")] = 0.9,
    learned: Annotated[
        float, Source("of a constant prediction's loss; who has not learned has no more to forget")
    ] = 0.5,
    by_heart: Annotated[
        float, Source("of a constant prediction's squared error: R² over 0.9 on the training samples")
    ] = 0.1,
    in_vain: Annotated[
        float, Source("of a constant prediction's squared error: R² under 0.25 on samples held back")
    ] = 0.75,
) -> Iterator[Finding]:
    """The validation loss rises while the training loss goes on falling.

    Symptom. The validation loss has been lower, and the training loss is far below it. Of real values, the rise is more
    than chance explains in as many samples, or the training samples are known by heart and that helps little with
    others; of class labels, the validation loss is worse than that of a constant prediction, and validation
    accuracy is below training accuracy by more than chance.

    Why it hurts. What the network learns from that point on holds for the training samples alone: it fits their
    noise, and every further step makes new samples worse.

    What to try. Stop at the step where the validation loss was lowest, more samples, a smaller network; an L2 penalty
    or a max-norm constraint on the weights.
    """
    result, found = outcome(trace, run), generalization(trace, run)
    if result is None or found is None or result.too_early or found.training_end > learned * result.constant:
        return
    if found.training_end > gap * found.end or found.training_end > falling * found.training_then:
        return
    labels = not isnan(found.accuracy)
    memorized = found.training_end <= by_heart * result.constant and found.end >= in_vain * result.constant
    least = rise if labels or memorized else max(rise, errors * found.noise)
    if found.rise < least or found.best_lately < (1 + rise) * found.lowest:
        return
    # A few wrong labels, of which a network is ever more certain, raise the loss and do no harm.
    missed = found.training_accuracy - found.accuracy
    if labels and (found.end <= result.constant or missed <= max(rise, errors * found.accuracy_noise)):
        return
    yield Finding(
        rule="overfitting",
        severity="warning",
        cause="capacity",
        layers=(),
        first_step=found.step,
        last_step=int(trace.curves["loss"].steps[-1]),
        value=found.rise,
        threshold=least,
        explanation=(
            f"From step {found.step} on the validation loss rises from {found.lowest:.3g} to {found.end:.3g}, by "
            f"{found.rise:.0%} (over {least:.0%}), while the training loss falls from {found.training_then:.2g} to "
            f"{found.training_end:.2g}. The network has room to learn its {run.data.training_samples} training samples "
            "by heart, noise included."
        ),
        remedies=prescribe(run, _L2, _MAX_NORM),
    )


RULE = overfitting
