"""AutoTrainer's five problems, with the parameters of its source.

Checked every three epochs and at the last one. Gradient problems are reported only where an accuracy that the user is
satisfied with was missed, or progress was slow; without labels there is no accuracy, and nothing but NaN is reported.
"""

from collections.abc import Iterator
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from service.diagnosis.profiles.profile import Profile, Sign, Signs, tool_rule
from service.diagnosis.profiles.readings import RECTIFIERS, Epochs, Matrix, epochs, kernels, of_functions, rows_at, sign
from service.diagnosis.rule import Source
from service.spec.run import RunSpec
from service.trace.trace import Trace

_GAP = 3
_JUDGED_FROM = 0.3
"""Share of the epochs before which accuracies are not judged."""
_SATISFYING = 0.6
"""Theta."""


def _checks(seen: Epochs) -> NDArray[np.intp]:
    """The epochs at which it looks."""
    count = len(seen.ends)
    return np.unique([*range(_GAP - 1, count, _GAP), count - 1])


@tool_rule("relu", "dead_units")
def relu(
    trace: Trace,
    run: RunSpec,
    *,
    gamma: Annotated[float, Source("AutoTrainer's reproduce.py: gamma")] = 0.7,
) -> Sign | None:
    """Dying ReLU: fires when gamma of all gradient entries are zero.

    Here: a weight has no gradient where its unit or the one it reads is dead for the whole batch.
    """
    seen, grid = kernels(trace, run), epochs(trace, run)
    dead = of_functions(trace, run, "dead_fraction", RECTIFIERS)
    if seen is None or grid is None or dead is None:
        return None
    alive = {name: 1 - dead.of(name).astype(np.float64) for name in dead.layers}
    silent = _silent(run, seen.layers, seen.count, alive, len(dead.steps))
    rows = rows_at(dead.steps, grid.ends[_checks(grid)])
    return sign(dead.steps[rows], ("",), silent[rows], silent[rows] >= gamma, gamma)


def _silent(
    run: RunSpec, layers: tuple[str, ...], count: Matrix, alive: dict[str, Matrix], points: int
) -> NDArray[np.float64]:
    """[T, 1] share of the weights without gradient."""
    living, reading, kernel = np.zeros(points), np.ones(points), None
    sizes = dict(zip(layers, count, strict=True))
    for placed in run.placed():
        if placed.name in sizes:
            living += 0 if kernel is None else kernel
            kernel = sizes[placed.name] * reading
        elif placed.name in alive:
            kernel = None if kernel is None else kernel * alive[placed.name]
            reading = alive[placed.name]
    living += 0 if kernel is None else kernel
    return np.asarray(1 - living / count.sum())[:, None]


@tool_rule("explode", "exploding_gradient", "non_finite")
def explode(
    trace: Trace,
    run: RunSpec,
    *,
    beta_3: Annotated[float, Source("AutoTrainer's reproduce.py: beta_3")] = 70.0,
    large_loss: Annotated[float, Source("AutoTrainer's documentation: loss")] = 1e3,
) -> Sign | None:
    """Exploding gradient: fires when the first kernel's gradient norm is over beta_3 times the last one's, or the loss
    over large_loss, or either or a weight is NaN.

    Here: the same, at the recorded steps that end its epochs.
    """
    seen, grid = kernels(trace, run), epochs(trace, run)
    if seen is None or grid is None:
        return None
    looked = _checks(grid)
    rows = rows_at(seen.steps, grid.ends[looked])
    loss = grid.loss[looked, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = seen.gradient[rows, :1] / seen.gradient[rows, -1:]
    unusable = ~(np.isfinite(seen.gradient[rows]) & np.isfinite(seen.weight[rows])).all(axis=1, keepdims=True)
    lost = unusable | ~np.isfinite(loss) | (loss >= large_loss)
    ratio[lost] = np.nan
    return sign(seen.steps[rows], ("",), ratio, lost, beta_3) or sign(
        seen.steps[rows], ("",), ratio, ratio > beta_3, beta_3
    )


@tool_rule("vanish", "vanishing_gradient")
def vanish(
    trace: Trace,
    run: RunSpec,
    *,
    beta_1: Annotated[float, Source("AutoTrainer's reproduce.py: beta_1")] = 1e-3,
    beta_2: Annotated[float, Source("AutoTrainer's reproduce.py: beta_2")] = 1e-4,
) -> Sign | None:
    """Vanishing gradient: fires when the first kernel's gradient norm is below beta_2, and below beta_1 of the last
    one's.

    Here: the same, at the recorded steps that end its epochs.
    """
    seen, grid = kernels(trace, run), epochs(trace, run)
    if seen is None or grid is None:
        return None
    rows = rows_at(seen.steps, grid.ends[_checks(grid)])
    first, last = seen.gradient[rows, :1], seen.gradient[rows, -1:]
    return sign(seen.steps[rows], seen.layers[:1], first, (first < beta_2) & (first < beta_1 * last), beta_2)


@tool_rule("not_converge", "loss_not_decreasing", "learning_rate_too_low")
def not_converge(
    trace: Trace,
    run: RunSpec,
    *,
    delta: Annotated[float, Source("AutoTrainer's reproduce.py: delta")] = 0.01,
) -> Sign | None:
    """Slow convergence: fires when neither accuracy has risen by delta from one epoch to the next.

    Here: the same, the training accuracy being the mean over an epoch's recorded steps.
    """
    grid = epochs(trace, run)
    if grid is None:
        return None
    looked = _judged(run, grid)
    both = grid.accuracy, grid.validation_accuracy
    rise = np.array([[max(_rise(accuracy[: end + 1]) for accuracy in both)] for end in looked]).reshape(-1, 1)
    return sign(grid.ends[looked], ("",), rise, rise < delta, delta)


@tool_rule("unstable", "oscillating_loss", "learning_rate_too_high")
def unstable(
    trace: Trace,
    run: RunSpec,
    *,
    zeta: Annotated[float, Source("AutoTrainer's reproduce.py: zeta")] = 0.03,
    eta: Annotated[float, Source("AutoTrainer's reproduce.py: eta")] = 0.2,
) -> Sign | None:
    """Oscillating loss: fires when the accuracy swings by zeta from a high to the low of the same number, in eta of the
    epochs.

    Here: the same, of the mean accuracy over an epoch's recorded steps.
    """
    grid = epochs(trace, run)
    if grid is None:
        return None
    looked = _judged(run, grid)
    share = np.array([[_swings(grid.accuracy[: end + 1], zeta) / (end + 1)] for end in looked]).reshape(-1, 1)
    return sign(grid.ends[looked], ("",), share, share >= eta, eta)


def _judged(run: RunSpec, grid: Epochs) -> NDArray[np.intp]:
    total = run.total_steps / run.training.steps_per_epoch(run.data.training_samples)
    looked = _checks(grid)
    return looked[looked + 1 >= _JUDGED_FROM * total]


def _rise(accuracy: Matrix) -> float:
    """The largest from an epoch to the next; NaN without accuracies, or with one alone."""
    steps = np.diff(accuracy)
    return float(np.fmax.reduce(steps)) if steps.size else np.nan


def _swings(accuracy: Matrix, least: float) -> int:
    before, here, behind = accuracy[:-2], accuracy[1:-1], accuracy[2:]
    highs = here[(here >= before) & (here >= behind)]
    lows = here[(here <= before) & (here <= behind)]
    pairs = min(len(highs), len(lows))
    return int((highs[:pairs] - lows[:pairs] >= least).sum())


def _first(trace: Trace, run: RunSpec, signs: Signs) -> Signs:
    """The one problem it reports: of those seen so far at the first check that lets any through."""
    grid = epochs(trace, run)
    return [] if grid is None else next(filter(None, _reports(run, grid, signs)), [])


def _reports(run: RunSpec, grid: Epochs, signs: Signs) -> Iterator[Signs]:
    by_name = {rule.name: (rule, sign) for rule, sign in signs}
    judged = set(_judged(run, grid).tolist())
    for end in _checks(grid).tolist():
        seen = {name: pair for name, pair in by_name.items() if pair[1].first_step <= grid.ends[end]}
        if "explode" in seen and seen["explode"][1].value is None:
            yield [seen["explode"]]
        if end not in judged:
            continue
        best = [np.fmax.reduce(each[: end + 1]) for each in (grid.accuracy, grid.validation_accuracy)]
        open_gate = any(each < _SATISFYING for each in best) or "not_converge" in seen
        order = ("relu", "explode", "vanish", "not_converge") if open_gate else ("unstable",)
        yield [seen[name] for name in order if name in seen][:1]


PROFILE = Profile(
    "autotrainer",
    "AutoTrainer's training problems, behind its accuracy target of 60 %.",
    "Zhang et al. 2021, AUTOTRAINER: an automatic DNN training problem detection and repair system",
    (relu, explode, vanish, not_converge, unstable),
    _first,
)
