"""A loss that goes up as often as down."""

from collections.abc import Iterator
from typing import Annotated

from service.diagnosis.evidence.outcome import outcome
from service.diagnosis.evidence.steps import longest_path
from service.diagnosis.evidence.swings import swings
from service.diagnosis.finding import Finding
from service.diagnosis.prescription import CLIP, SLOWER, adaptive, prescribe
from service.diagnosis.rule import Source, rule
from service.spec.run import RunSpec
from service.trace.trace import Trace

_LARGE_BATCH = 32


@rule(reference="Cohen et al. 2021 (edge of stability); LeCun et al. 1998; AutoTrainer (ICSE 2021)")
def oscillating_loss(
    trace: Trace,
    run: RunSpec,
    *,
    to_and_fro: Annotated[
        float,
        Source(
            "of a constant prediction's loss, over the second half: AutoTrainer's swing of 0.03 at each of ten looks; "
            "batches under 32 move the weights by 1/√B to and fro, so more of them"
        ),
    ] = 0.3,
    period_two: Annotated[
        float, Source("lag-1 autocorrelation, the sign turned: noise of batches has 0 ± 2/√n, 0.37 for 30 steps")
    ] = 0.5,
    amplitude: Annotated[
        float, Source("of a constant prediction's loss, where the period is two; a tenth of all there is to gain")
    ] = 0.1,
    path: Annotated[float, Source("the weights' own length: shorter ways cannot lead to and fro")] = 1.0,
    well_learned: Annotated[
        float, Source("of a constant prediction's loss: at the edge of stability losses swing and fall nevertheless")
    ] = 0.8,
    beyond_all: Annotated[
        float, Source("of a constant prediction's loss: more than all there is to learn, gained and lost again lately")
    ] = 1.0,
) -> Iterator[Finding]:
    """The loss swings around a level it does not leave, by more than the noise of batches.

    Symptom. In the second half of the run the validation loss, for which all samples are always the same, goes up as
    far as it goes down; or the training loss jumps to and fro from each step to the next.

    Why it hurts. A step along a steep direction lands on the opposite slope, as high as before or higher; what the
    flat directions would gain is lost in it.

    What to try. A smaller learning rate, or one that decays; less momentum; an adaptive optimizer.
    """
    result = outcome(trace, run)
    if result is None or not result.finished:
        return
    seen = swings(trace)
    if seen is None or longest_path(trace) < path:
        return
    if result.progress >= well_learned and seen.lately < beyond_all * result.constant:
        return
    lost, wide = seen.to_and_fro / result.constant, seen.amplitude / result.constant
    limit = to_and_fro * max(1.0, (_LARGE_BATCH / run.batch_size) ** 0.5)
    slow = lost >= limit and seen.lately >= limit / 3 * result.constant
    fast = -seen.autocorrelation >= period_two and wide >= amplitude
    if not (slow or fast):
        return
    half = result.steps // 2
    measured = (
        f"the validation loss, which has no noise of batches, gains and loses again {lost:.2g} times a constant "
        f"prediction's loss (over {limit:.2g})"
        if slow
        else f"the loss jumps to and fro with every step, by {wide:.2g} times a constant prediction's loss and with an "
        f"autocorrelation of {seen.autocorrelation:.2f} (below −{period_two:g}), where batches alone have 0"
    )
    yield Finding(
        rule="oscillating_loss",
        severity="warning",
        cause="learning_rate",
        layers=(),
        first_step=half,
        last_step=result.steps - 1,
        value=lost if slow else -seen.autocorrelation,
        threshold=limit if slow else period_two,
        explanation=(
            f"From step {half} on {measured}, and {result.told}. "
            "The steps are longer than the valley is wide, so they lead from one slope to the other and not down."
        ),
        remedies=prescribe(run, SLOWER, CLIP, adaptive(run)),
    )


RULE = oscillating_loss
