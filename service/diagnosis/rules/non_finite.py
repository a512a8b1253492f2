"""NaN or infinity."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.diagnosis.evidence.inputs import inputs
from service.diagnosis.evidence.origin import divergence_origin, unscaled_inputs
from service.diagnosis.evidence.outcome import curve
from service.diagnosis.finding import Cause, Direction, Finding
from service.diagnosis.prescription import BATCH_NORM, CLIP, RELU, SLOWER, Wanted, fitting_init, prescribe, warmup
from service.diagnosis.rule import rule
from service.remedies import Remedy
from service.spec.run import RunSpec
from service.trace.trace import Trace

_FORWARD = ("activation_mean", "activation_std")
_BACKWARD = ("delta_norm", "grad_norm", "grad_max", "bias_grad_norm")
_REASONS: dict[Cause, str] = {
    "activation": "an exponential overflows as soon as its input is large",
    "initialization": "the initial weights enlarge the signal in every layer",
    "depth": "a modest growth per layer adds up over this depth",
    "data": "the inputs are not scaled, or are not finite themselves",
    "learning_rate": "all was finite and of moderate size at the initial weights, so the steps are too long",
    "unknown": "nothing recorded before it shows the reason",
}


@dataclass(frozen=True, slots=True)
class _First:
    """Where a value first was not finite."""

    step: int
    direction: Direction
    layer: str | None
    count: int
    """Layers concerned at that step."""


@rule(reference="Micikevicius et al. 2018; Pascanu, Mikolov & Bengio 2013")
def non_finite(trace: Trace, run: RunSpec) -> Iterator[Finding]:
    """A loss, activation or gradient is NaN or infinite.

    Symptom. A recorded value is no longer a number; from the step after it on, mostly all of them are.

    Why it hurts. One NaN reaches every weight within a single step, and no later step removes it.

    What to try. What the step before calls for: a smaller learning rate or clipping when values grow over steps,
    another init when they grow over depth.
    """
    first = _first(trace)
    if first is None:
        return
    loss = curve(trace, "loss")
    before = loss[np.isfinite(loss)]
    lasting = loss.size > 0 and not np.isfinite(loss[-1])
    cause = divergence_origin(trace, run) if before.size or first.step > 0 else _at_once(trace, run)
    where = f" in {first.layer}" if first.layer else ""
    known = f"the last finite loss was {before[-1]:.3g}" if before.size else "no loss was ever finite"
    yield Finding(
        rule="non_finite",
        severity="critical" if lasting else "warning",
        cause=cause,
        layers=(first.layer,) if first.layer else (),
        first_step=first.step,
        last_step=int(trace.curves["loss"].steps[-1]) if lasting else first.step,
        value=float(first.count),
        threshold=0.0,
        explanation=(
            f"At step {first.step} the first value that is no finite number appears{where} in the {first.direction} "
            f"pass, in {first.count} recorded value(s) where 0 are allowed, and {known}. "
            f"It appears because {_REASONS[cause]}."
        ),
        direction=first.direction,
        remedies=_remedies(run, cause, first.step),
    )


def _first(trace: Trace) -> _First | None:
    """The first step with such a value, and at that step the first layer the pass reaches it in.

    The forward pass comes first and goes down the depth, the backward pass goes up; weights that are broken already
    were broken by the update before, which the backward pass made.
    """
    broken = {
        name: _broken(series.values)
        for name, series in trace.metrics.items()
        if name in (*_FORWARD, *_BACKWARD, "weight_norm") and series.steps.size
    }
    steps = [trace.metrics[name].steps[rows.any(axis=1)][:1] for name, rows in broken.items()]
    steps += [
        series.steps[_broken(series.values[:, 0])][:1]
        for name, series in trace.curves.items()
        if name in ("loss", "grad_norm", "validation_loss")
    ]
    step = min((int(found[0]) for found in steps if found.size), default=None)
    if step is None:
        return None

    def layers(*metrics: str) -> list[str]:
        found: set[str] = set()
        for name in metrics:
            if name in broken:
                series = trace.metrics[name]
                at = np.searchsorted(series.steps, step)
                if at < len(series.steps) and series.steps[at] == step:
                    found |= {layer for layer, bad in zip(series.layers, broken[name][at], strict=True) if bad}
        return [row.layer for row in trace.rows if row.layer in found]

    weights, forward, back = layers("weight_norm"), layers(*_FORWARD), layers(*_BACKWARD)
    if weights:
        return _First(step, "backward", weights[-1], len(weights))
    if forward:
        return _First(step, "forward", forward[0], len(forward))
    if _loss_broken_at(trace, step):
        return _First(step, "forward", trace.rows[-1].layer if trace.rows else None, 1)
    return _First(step, "backward", back[-1] if back else None, max(1, len(back)))


def _loss_broken_at(trace: Trace, step: int) -> bool:
    return any(
        bool(_broken(series.values[series.steps == step, 0]).any())
        for name, series in trace.curves.items()
        if name in ("loss", "validation_loss")
    )


def _broken(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    return np.asarray(~np.isfinite(values))


def _at_once(trace: Trace, run: RunSpec) -> Cause:
    """At the initial weights: a function that overflows, or else weights or inputs far too large."""
    origin = divergence_origin(Trace(rows=()), run)
    if origin == "activation":
        return origin
    if inputs(trace) is None:
        return "data" if run.data.normalize == "none" else "initialization"
    return "data" if unscaled_inputs(trace, run) else "initialization"


def _remedies(run: RunSpec, cause: Cause, since: int) -> tuple[Remedy, ...]:
    wanted: list[Wanted | None]
    match cause:
        case "activation":
            wanted = [{**RELU, "scope": "all"}, fitting_init(run), CLIP]
        case "initialization":
            wanted = [fitting_init(run), CLIP, BATCH_NORM]
        case "depth" | "data":
            wanted = [BATCH_NORM, SLOWER, CLIP]
        case _:
            wanted = [SLOWER, CLIP, BATCH_NORM, warmup(run, since)]
    return prescribe(run, *wanted)


RULE = non_finite
