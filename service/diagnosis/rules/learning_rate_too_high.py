"""Steps so long that they undo a network that started well."""

from collections.abc import Iterator
from math import isfinite
from typing import Annotated

from service.diagnosis.evidence.damage import broken, fallen, thrown_up
from service.diagnosis.evidence.origin import divergence_origin
from service.diagnosis.evidence.outcome import curve, outcome
from service.diagnosis.evidence.start import sound_start
from service.diagnosis.evidence.steps import first_burst, late_step
from service.diagnosis.finding import Finding
from service.diagnosis.prescription import BATCH_NORM, CLIP, SLOWER, prescribe, warmup
from service.diagnosis.rule import Source, rule
from service.spec.run import RunSpec
from service.trace.trace import Trace


@rule(reference="LeCun et al. 1998 (Efficient BackProp); Bengio 2012; Lewkowycz et al. 2020")
def learning_rate_too_high(
    trace: Trace,
    run: RunSpec,
    *,
    path: Annotated[
        float,
        Source("ten steps that come to half the weights' length: as many at half of DeepDiagnosis' 0.1"),
    ] = 0.5,
    worse: Annotated[
        float,
        Source("of a constant prediction's loss: noise of batches does not lift a mean of 64 samples so far"),
    ] = 1.2,
    share: Annotated[float, Source("AutoTrainer (ICSE 2021), γ, for dead units; the same of saturated outputs")] = 0.7,
    lost: Annotated[float, Source("torchmortem: last over first ≥ 100; here against the first step's")] = 1e-2,
    learned: Annotated[
        float,
        Source("half of a constant prediction's loss, less in runs under 300 steps; vanished networks stay at 0.00"),
    ] = 0.5,
    well_learned: Annotated[
        float, Source("where layers were cut off: what is left of the network may do half of the work, but no more")
    ] = 0.8,
    thrown: Annotated[
        float,
        Source("of a constant prediction's loss: 10⁻¹ of what SageMaker Debugger and torchmortem call an explosion"),
    ] = 10.0,
    restless: Annotated[
        float, Source("‖Δw‖ / ‖w‖ of a late step: twenty times the usual 1e-3, so nothing has settled")
    ] = 0.02,
) -> Iterator[Finding]:
    """All is well at the initial weights, and steps as long as the weights themselves make an end of it.

    Symptom. The first loss is near that of a constant prediction and the backward signal reaches every layer; then a
    few steps move the weights by their own length, and the loss jumps or sticks, units die or saturate, or NaN appears.

    Why it hurts. A step is right to first order only. One that is as long as the weights leaves the region in which
    the gradient said anything, and lands where there often is none.

    What to try. A tenth of the learning rate; a warm-up where only the first steps are too long; clipping where a few
    are.
    """
    result = outcome(trace, run)
    if result is None or (result.too_early and not result.diverged) or result.progress >= well_learned:
        return
    burst = first_burst(trace, path)
    if burst is None or not sound_start(trace, run) or divergence_origin(trace, run) != "learning_rate":
        return
    harm = None if result.learned(learned) else broken(trace, run, result, worse=worse, lost=lost)
    harm = harm or (None if result.learned(well_learned) else fallen(trace, run, share))
    if harm is None and late_step(trace) >= restless:
        harm = thrown_up(trace, run, result, thrown)
    if harm is None:
        return
    start = float(curve(trace, "loss")[0])
    yield Finding(
        rule="learning_rate_too_high",
        severity="critical" if result.progress < learned / 5 else "warning",
        cause="learning_rate",
        layers=burst.layers,
        first_step=burst.step,
        last_step=int(trace.curves["loss"].steps[-1]),
        value=burst.length if isfinite(burst.length) else None,
        threshold=path,
        explanation=(
            f"From step {burst.step} on ten steps move {_named(burst.layers)} by {burst.length:.2g} times its length "
            f"(over {path:g}), and since then {harm}. "
            f"At the initial weights all was well, with a loss of {start:.3g} where a constant prediction has "
            f"{result.constant:.3g}, so the steps are too long."
        ),
        remedies=prescribe(run, SLOWER, warmup(run, burst.step), CLIP, BATCH_NORM),
    )


def _named(layers: tuple[str, ...]) -> str:
    return layers[0] if len(layers) == 1 else f"{layers[0]} and {len(layers) - 1} more layer(s)"


RULE = learning_rate_too_high
