"""Small made-up traces that say in a few words how a training went, and the runs they belong to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.experiment import Experiment
from service.spec.layers import Activation
from service.spec.network import PlacedLayer
from service.spec.run import RunSpec, layer_rows
from service.trace.time_axis import METRIC, time_axis
from service.trace.trace import Series, Trace

OverSteps = float | tuple[float, float]
"""A number all the time, or a straight way from the first to the last step; from 0 or to it, in logarithm."""


def run(
    function: str = "tanh",
    depth: int = 6,
    *,
    width: int = 16,
    steps: int = 100,
    optimizer: str = "sgd",
    lr: float = 0.1,
    batch_size: int = 64,
    init: str = "xavier",
    normalize: str = "standard",
    loss: str = "cross_entropy",
    every: int = 1,
    **layer: Any,
) -> RunSpec:
    """`depth` hidden layers of `width` units on the ten digits."""
    block = [{"kind": "linear", "out_features": width}, {"kind": "activation", "function": function, **layer}]
    hidden = [{"kind": "repeat", "times": depth, "layers": block}] if depth else []
    return Experiment.model_validate(
        {
            "network": {
                "layers": [*hidden, {"kind": "linear", "out_features": 10}],
                "init": {"scheme": init},
            },
            "data": {"source": {"kind": "digits"}, "normalize": normalize},
            "training": {
                "loss": loss,
                "optimizer": {"name": optimizer, "lr": lr},
                "batch_size": batch_size,
                "steps": steps,
            },
            "trace": {"every": every},
        }
    ).resolved()


def recurrent(
    kind: str = "rnn", length: int = 100, *, steps: int = 300, optimizer: str = "adam", every: int = 1, **layer: Any
) -> RunSpec:
    """A recurrent layer of 16 units on the adding problem, whose constant prediction has a loss of 1 / 6."""
    reading = {"kind": kind, "hidden_size": 16, **layer}
    return Experiment.model_validate(
        {
            "network": {"layers": [reading, {"kind": "flatten"}, {"kind": "linear", "out_features": 1}]},
            "data": {"source": {"kind": "adding", "length": length}},
            "training": {"loss": "mse", "optimizer": {"name": optimizer, "lr": 0.001}, "steps": steps},
            "trace": {"every": every},
        }
    ).resolved()


@dataclass(frozen=True)
class Story:
    """How a training went. Defaults: a healthy one."""

    loss: OverSteps = (2.3, 0.1)
    factor: OverSteps = 1.0
    """Of the backward signal per layer toward the input."""
    through_time: OverSteps = 1.0
    """Its factor per time step toward the first one, in recurrent layers."""
    update: OverSteps = 0.01
    """‖Δw‖ / ‖w‖ in every layer."""
    gradient: OverSteps = 1.0
    """Global norm."""
    saturated: OverSteps = 0.0
    dead: OverSteps = 0.0
    """Shares; they stop at 1 on their way to more."""
    gain: float = 1.0
    """σ_w² of every layer, as its weight norm shows it."""
    broken: tuple[str, int, str] | None = None
    """The metric, step and layer where the first NaN is; from the step after it everything is NaN."""
    seen: int | None = None
    """Steps recorded so far; all of them by default."""
    thinned: int = 1
    """The backward signal and the statistics of activations are recorded at every so many recorded steps."""
    inputs: tuple[float, float] = (1.0, 1.0)
    """Root mean square of the samples' numbers, and the widest feature over the median one."""
    validation: tuple[float, ...] = ()
    """Validation losses, evenly over the steps; none are recorded by default."""
    accuracies: tuple[float, float] | None = None
    """Of training and of validation; not recorded by default, as of real values."""
    without: tuple[str, ...] = field(default=())
    """Metrics that are not recorded."""


def trace(run: RunSpec, story: Story) -> Trace:
    """The trace that `run` leaves when it goes like `story`."""
    placed = run.placed()
    steps = np.arange(0, story.seen or run.total_steps, run.trace.every)
    dear = steps[:: story.thinned]
    weights = [layer for layer in placed if layer.has_weight]
    activations = [layer for layer in placed if isinstance(layer.layer, Activation)]
    from_last = np.arange(len(weights))[::-1]

    def alike(layers: list[PlacedLayer], grid: NDArray[np.int64], value: OverSteps, highest: float = np.inf) -> Series:
        column = np.minimum(_over(grid, steps, value), highest)[:, None]
        return _series(grid, tuple(layer.name for layer in layers), np.repeat(column, len(layers), axis=1))

    delta = 0.1 * _over(dear, steps, story.factor)[:, None] ** from_last
    norms = np.array([(story.gain * layer.out_shape[-1]) ** 0.5 for layer in weights])
    names = tuple(layer.name for layer in weights)
    metrics = {
        "delta_norm": _series(dear, names, delta),
        "grad_norm": alike(weights, steps, story.gradient),
        "weight_norm": _series(steps, names, np.tile(norms, (len(steps), 1))),
        "update_ratio": alike(weights, steps, story.update),
        "activation_std": alike(activations, dear, 1.0),
        "dead_fraction": alike(activations, dear, story.dead, highest=1.0),
        "saturated_fraction": alike(activations, dear, story.saturated, highest=1.0),
        METRIC: _time_series(dear, placed, _over(dear, steps, story.through_time)),
    }
    curves = {
        "loss": _series(steps, ("",), _over(steps, steps, story.loss)[:, None]),
        "grad_norm": _series(steps, ("",), _over(steps, steps, story.gradient)[:, None]),
    }
    curves |= _at_start(story) | _validated(story, steps)
    if story.broken:
        _break(metrics, curves, story.broken)
    kept = {name: series for name, series in metrics.items() if series.layers and name not in story.without}
    return Trace(layer_rows(run), kept, {name: s for name, s in curves.items() if name not in story.without})


def _at_start(story: Story) -> dict[str, Series]:
    size, spread = story.inputs
    told = {"input_second_moment": size**2, "input_spread": spread}
    return {name: _series(np.zeros(1, np.int64), ("",), np.array([[value]])) for name, value in told.items()}


def _validated(story: Story, steps: NDArray[np.int64]) -> dict[str, Series]:
    grid = np.linspace(0, steps[-1], len(story.validation) + 1)[1:].astype(np.int64)
    curves = {"validation_loss": _series(grid, ("",), np.array(story.validation)[:, None])} if len(grid) else {}
    if story.accuracies:
        for name, rows, value in zip(("accuracy", "validation_accuracy"), (steps, grid), story.accuracies, strict=True):
            curves[name] = _series(rows, ("",), np.full((len(rows), 1), value))
    return curves


def _time_series(grid: NDArray[np.int64], placed: Sequence[PlacedLayer], factor: NDArray[np.float64]) -> Series:
    axis = time_axis(placed)
    length = {layer.name: layer.in_shape[0] for layer in placed}
    to_end = np.array([length[column.layer] - 1 - column.time for column in axis])
    return _series(grid, tuple(column.name for column in axis), 0.1 * factor[:, None] ** to_end)


def _series(steps: NDArray[np.int64], layers: tuple[str, ...], values: NDArray[np.float64]) -> Series:
    with np.errstate(over="ignore", under="ignore"):
        return Series(steps, layers, values.astype(np.float32))


def _over(grid: NDArray[np.int64], steps: NDArray[np.int64], value: OverSteps) -> NDArray[np.float64]:
    """[T] `value` at the steps of `grid`, where it goes its way over `steps`."""
    first, last = value if isinstance(value, tuple) else (value, value)
    way = grid / max(int(steps[-1]), 1)
    if first > 0 and last > 0:
        return np.asarray(first ** (1 - way) * last**way)
    return np.asarray(first + (last - first) * way)


def _break(metrics: dict[str, Series], curves: dict[str, Series], broken: tuple[str, int, str]) -> None:
    metric, step, layer = broken
    for series in (*metrics.values(), *curves.values()):
        series.values[series.steps > step] = np.nan
    if metric == "loss":
        curves["loss"].values[curves["loss"].steps == step] = np.nan
    else:
        hit = metrics[metric]
        hit.values[hit.steps == step, hit.layers.index(layer)] = np.inf
