"""The recorder: what a training step hands its tensors to, and what hands out chunks."""

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from service.spec.network import PlacedLayer
from service.spec.run import RunSpec
from service.trace.chunk import Chunk, Scope
from service.trace.histogram import HistogramChunk
from service.trace.time_axis import METRIC as THROUGH_TIME
from worker.flat import FlatParameters
from worker.probes.histograms import HistogramProbe
from worker.probes.measured import feeding_rows
from worker.probes.parameters import ParameterProbe
from worker.probes.ring import Ring
from worker.probes.seen import Signals
from worker.probes.signals import SignalProbe
from worker.probes.stopwatch import Stopwatch

_STEP_CURVES = ("loss", "accuracy")
_MEASURED_STEPS = 16
"""Recorded steps before the cost of the dear statistics is believed."""
_MOST_THINNING = 16
_FEWEST_POINTS = 32
"""A run keeps at least so many points of the dear statistics, whatever they cost: rules must see how it went on."""
_HISTOGRAM_SHARE = 0.1
"""Of the budget. No rule reads histograms, so they must not crowd out what rules do read."""
_MEASURED_HISTOGRAMS = 3
_FEWEST_HISTOGRAMS = 8


class Recorder:
    """Fills buffers on the device at recorded steps; thins the dear statistics until tracing fits its budget."""

    def __init__(
        self,
        run: RunSpec,
        placed: Sequence[PlacedLayer],
        modules: nn.ModuleList,
        flat: FlatParameters,
        *,
        curves: Sequence[str],
        at_start: Mapping[str, float],
        capacity: int,
    ) -> None:
        """`modules`: one for each placed layer. `curves`: names of those that every step brings besides its loss and
        accuracy. `at_start`: curves that have a value at step 0 alone."""
        device = flat.value.device
        self.every = run.trace.every
        self._names = [layer.name for layer in placed]
        self._lr = run.training.learning_rate
        self._budget = run.trace.overhead_budget
        self._answers = run.batch_size * prod(placed[-1].out_shape[:-1])
        self._last_step = run.total_steps - 1
        self.parameters = ParameterProbe(flat, set(feeding_rows(placed).values()))
        self.signals = SignalProbe(
            placed, modules, self.parameters.matrix_rows, run.micro_batch_size, flat.value.detach()
        )
        self._curves = (*_STEP_CURVES, *curves)
        self._at_start = {name: np.array([value]) for name, value in at_start.items()}
        self._cheap = Ring(capacity, self.parameters.columns + len(self._curves), device)
        self._dear = Ring(capacity, self.signals.columns, device)
        self._validation = Ring(capacity, 2, device)
        self.histograms = HistogramProbe(flat, tuple(self._names), self.every)
        self._histogram_interval = run.trace.histogram_interval(run.total_steps)
        self._thinning = 1
        self._steps = self._recorded = self._signals = self._histograms = 0
        self.stopwatch = Stopwatch(device)

    def records(self, step: int) -> bool:
        """Whether a step is recorded."""
        self._steps = step + 1
        return step % self.every == 0

    def wants_signals(self, step: int) -> bool:
        """Whether a step is recorded with its dear statistics."""
        if self.stopwatch.laps["signals"].count == _MEASURED_STEPS:
            self._thin()
        return step % (self.every * self._thinning) == 0 or (step == self._last_step and self.records(step))

    def wants_histograms(self, step: int) -> bool:
        """Whether a step is recorded with its histograms."""
        interval = self._histogram_interval
        return interval > 0 and (step % interval == 0 or (step == self._last_step and step % self.every == 0))

    @property
    def full(self) -> bool:
        """Whether a ring must be drained before the next step."""
        return self._cheap.full or self._validation.full

    def write_step(self, step: int, parameters: list[Tensor], curves: Sequence[Tensor]) -> None:
        """Appends a recorded step; `curves`, 0-dimensional: loss, right answers, and the others in their order."""
        self._recorded += 1
        self._cheap.write(step, [*parameters, *(curve.reshape(1) for curve in curves)])

    def write_signals(self, step: int, signals: Signals) -> None:
        """Appends the dear statistics of a recorded step."""
        self._signals += 1
        self._dear.write(step, self.signals.row(signals, self.parameters.silent_units()))

    def write_histograms(self, step: int) -> None:
        """Counts the gradient of a recorded step; makes histograms rarer where they cost more than their share."""
        self._histograms += 1
        self.histograms.write(step)
        self._thin_histograms()

    def write_validation(self, step: int, loss: Tensor, accuracy: Tensor) -> None:
        """Appends what the validation samples say behind a step."""
        self._validation.write(step, [loss.reshape(1), accuracy.reshape(1)])

    def drain(self) -> list[Chunk]:
        """The chunks since the last drain; thins the dear statistics where they cost more than the budget."""
        with np.errstate(invalid="ignore", over="ignore"):
            chunks = [*self._drain_cheap(), *self._drain_dear(), *self._drain_validation()]
        self._thin()
        return chunks

    def drain_histograms(self) -> list[HistogramChunk]:
        """The histograms since they were last drained; they wait for it however many they are."""
        return self.histograms.drain()

    def _drain_cheap(self) -> list[Chunk]:
        steps, times, rows = self._cheap.drain()
        if not len(steps):
            return []
        own = self.parameters.columns
        norm = self.parameters.global_norm(rows)
        unclipped = {"grad_norm": norm, "grad_norm_clipped": norm, "clip_fraction": np.zeros_like(norm)}
        curves = unclipped | dict(zip(self._curves, rows[:, own:].T, strict=True))
        curves["accuracy"] = curves["accuracy"] / self._answers
        curves["lr"] = np.array([self._lr(step, self._last_step + 1) for step in steps.tolist()])
        return [
            *self._layer_chunks(steps, times, self.parameters.metrics(rows[:, :own])),
            *self._curve_chunks(steps, times, curves),
            *(self._curve_chunks(steps[:1], times[:1], self._at_start) if steps[0] == 0 else ()),
        ]

    def _drain_dear(self) -> list[Chunk]:
        steps, times, rows = self._dear.drain()
        if not len(steps):
            return []
        chunks = self._layer_chunks(steps, times, self.signals.metrics(rows))
        if names := self.signals.time_columns:
            columns = list(self.signals.through_time(rows).T)
            chunks.append(self._chunk("layer", THROUGH_TIME, names, steps, times, columns))
        return chunks

    def _drain_validation(self) -> list[Chunk]:
        steps, times, rows = self._validation.drain()
        if not len(steps):
            return []
        return self._curve_chunks(steps, times, {"validation_loss": rows[:, 0], "validation_accuracy": rows[:, 1]})

    def _layer_chunks(
        self,
        steps: NDArray[np.int64],
        times: NDArray[np.float64],
        metrics: Mapping[str, Mapping[int, NDArray[np.float64]]],
    ) -> list[Chunk]:
        return [
            self._chunk("layer", name, tuple(self._names[row] for row in values), steps, times, list(values.values()))
            for name, values in metrics.items()
            if values
        ]

    def _curve_chunks(
        self, steps: NDArray[np.int64], times: NDArray[np.float64], curves: Mapping[str, NDArray[np.float64]]
    ) -> list[Chunk]:
        return [self._chunk("curve", name, ("",), steps, times, [values]) for name, values in curves.items()]

    def _chunk(
        self,
        scope: Scope,
        metric: str,
        layers: tuple[str, ...],
        steps: NDArray[np.int64],
        times: NDArray[np.float64],
        columns: Sequence[NDArray[np.float64]],
    ) -> Chunk:
        values = np.stack(columns, axis=1).astype(np.float32)
        return Chunk(scope, metric, layers, steps, times, values, self.every)

    def _thin(self) -> None:
        if self.stopwatch.laps["signals"].count < _MEASURED_STEPS:
            return
        most = min(_MOST_THINNING, self._last_step // (self.every * _FEWEST_POINTS))
        every, histograms = self.every, self._histogram_interval
        while (
            2 * self._thinning <= most
            and self._share(1 / every, 1 / (every * self._thinning), 1 / histograms if histograms else 0) > self._budget
        ):
            self._thinning *= 2

    def _thin_histograms(self) -> None:
        if self.stopwatch.laps["histograms"].count < _MEASURED_HISTOGRAMS:
            return
        most = self._last_step // _FEWEST_HISTOGRAMS
        while (
            2 * self._histogram_interval <= most
            and self._share(0, 0, 1 / self._histogram_interval) > _HISTOGRAM_SHARE * self._budget
        ):
            self._histogram_interval *= 2

    def _share(self, recorded: float, signals: float, histograms: float) -> float:
        """Time for tracing over time for training, when such shares of the steps are recorded, and with these."""
        laps = self.stopwatch.laps
        tracing = (
            recorded * laps["parameters"].mean + signals * laps["signals"].mean + histograms * laps["histograms"].mean
        )
        training = laps["train"].mean
        return tracing / training if training else 0.0

    @property
    def overhead(self) -> float:
        """Time for tracing over time for training, measured in this run."""
        steps = max(1, self._steps)
        return self._share(self._recorded / steps, self._signals / steps, self._histograms / steps)
