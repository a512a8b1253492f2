"""The backward signal is lost over depth."""

from collections.abc import Iterator
from typing import Annotated

from service.diagnosis.evidence.backward import Backward, backward
from service.diagnosis.evidence.origin import vanishing_origin
from service.diagnosis.evidence.outcome import Outcome, outcome
from service.diagnosis.evidence.steps import first_longer, path
from service.diagnosis.finding import Cause, Finding
from service.diagnosis.prescription import (
    BATCH_NORM,
    HE,
    LEAKY_RELU,
    RELU,
    RESIDUAL,
    Wanted,
    adaptive,
    fitting_init,
    prescribe,
)
from service.diagnosis.rule import Source, rule
from service.remedies import Remedy
from service.spec.run import RunSpec
from service.trace.trace import Trace

_LONG_STEP = 0.3
"""‖Δw‖ / ‖w‖ that turns a layer into another one."""
_DEEP = 20
"""Weight layers in a row that small changes of each add up over."""
_REASONS: dict[Cause, str] = {
    "activation": "its activation function passes on only a part of the gradient, whatever the initialization",
    "initialization": "the initial weights shrink the signal in every layer",
    "depth": "small losses per layer add up over this many layers",
    "width": "the layers are so narrow that the signal is lost by chance, although the weights have the right size",
    "learning_rate": "it was there at the initial weights, and steps as long as the weights themselves have lost it",
    "unknown": "it was there at the initial weights and was lost in training",
}


@rule(reference="Hochreiter 1991; Bengio et al. 1994; Glorot & Bengio 2010")
def vanishing_gradient(
    trace: Trace,
    run: RunSpec,
    *,
    ratio: Annotated[float, Source("AutoTrainer (ICSE 2021), β₁, there for weight gradients")] = 1e-3,
    plateau_ratio: Annotated[float, Source("torchmortem: last over first ≥ 100")] = 1e-2,
    plateau_path: Annotated[
        float, Source("the last layer's steps add up to its own length: it had every chance, and the loss stayed")
    ] = 1.0,
    short_run: Annotated[float, Source("steps; the loss of fewer says nothing of what would come")] = 50,
    short_ratio: Annotated[
        float, Source("float32 has 7 digits: a signal this small is lost beside its own rounding")
    ] = 1e-5,
    learned: Annotated[
        float,
        Source("half of a constant prediction's loss, less in runs under 300 steps; vanished networks stay at 0.00"),
    ] = 0.5,
) -> Iterator[Finding]:
    """The first layers receive almost nothing of the backward signal, and the network does not learn.

    Symptom. The norm of ∂loss/∂(pre-activation) falls by a constant factor from layer to layer toward the input, and
    the loss stays where a constant prediction would be.

    Why it hurts. The first layers keep their random weights, so the layers behind them read noise. Weight gradients
    can hide it: without biases a ReLU network has the same ⟨W, ∂L/∂W⟩ in every layer, and adaptive optimizers make
    healthy steps out of any gradient.

    What to try. An activation of slope 1 together with the init made for it and an adaptive optimizer; batch
    normalization or skip connections where the network is very deep.
    """
    signal, result = backward(trace), outcome(trace, run)
    if signal is None or result is None or result.too_early or result.learned(learned):
        return
    shares = min(signal.lately, signal.mostly, key=lambda layers: float(layers[0]))
    arrives = float(shares[0])
    limit = plateau_ratio if _at_plateau(trace, result, plateau_path) else ratio
    if result.steps < short_run:
        limit = short_ratio
    if arrives >= limit:
        return
    lost = signal.steps[signal.ratio[:, 0] < limit]
    cause = _cause(float(signal.at_start[0]) >= 10 * limit, signal, trace, run)
    layers = tuple(name for name, share in zip(signal.layers, shares, strict=True) if share < limit)
    yield Finding(
        rule="vanishing_gradient",
        severity="critical" if result.progress < learned / 5 else "warning",
        cause=cause,
        layers=layers,
        first_step=int(lost[0]),
        last_step=int(lost[-1]),
        value=arrives,
        threshold=limit,
        explanation=_explanation(signal, arrives, limit, layers, int(lost[0]), result, cause),
        remedies=_remedies(run, cause),
    )


def _cause(lost_later: bool, signal: Backward, trace: Trace, run: RunSpec) -> Cause:
    if lost_later and first_longer(trace, _LONG_STEP):
        return "learning_rate"
    if lost_later:
        return "depth" if len(signal.layers) > _DEEP else "unknown"
    return vanishing_origin(signal, float(signal.at_start[0]), trace, run)


def _at_plateau(trace: Trace, result: Outcome, distance: float) -> bool:
    return result.progress < 0.1 and path(trace, -1) >= distance


def _explanation(
    signal: Backward, arrives: float, limit: float, layers: tuple[str, ...], first: int, result: Outcome, cause: Cause
) -> str:
    return (
        f"From step {first} on only {arrives:.1e} of the backward signal at {signal.layers[-1]} reaches "
        f"{signal.layers[0]} (a factor of {signal.per_layer(arrives):.2f} per layer; below {limit:g} in "
        f"{len(layers)} of {len(signal.layers)} layers), and {result.told}. "
        f"The signal is lost because {_REASONS[cause]}."
    )


def _remedies(run: RunSpec, cause: Cause) -> tuple[Remedy, ...]:
    wanted: list[Wanted | None]
    if cause == "activation":
        wanted = [{**RELU, "scope": "all"}, HE, adaptive(run), BATCH_NORM, RESIDUAL]
    elif cause == "width":
        wanted = [BATCH_NORM, RESIDUAL, LEAKY_RELU, adaptive(run)]
    elif cause == "depth":
        wanted = [RESIDUAL, BATCH_NORM, adaptive(run)]
    else:
        wanted = [fitting_init(run), adaptive(run), BATCH_NORM, RESIDUAL]
    return prescribe(run, *wanted)


RULE = vanishing_gradient
