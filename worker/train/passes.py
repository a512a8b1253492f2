"""Forward and backward over the batch of a step: one pass, or several over its parts whose gradients are averaged."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from service.spec.run import RunSpec
from worker.flat import FlatParameters
from worker.probes.recorder import Recorder
from worker.probes.seen import Signals
from worker.train.batches import Batch, Batches
from worker.train.loss_scale import LossScale
from worker.train.objective import hits, loss_function
from worker.train.precision import Gradients, gradients, gradients_of_halves


class Passed(NamedTuple):
    """What came of a batch, besides the gradient."""

    loss: Tensor
    """0-dimensional."""
    hits: Tensor
    """0-dimensional, how many answers were right; NaN where it was not asked for."""
    signals: Signals | None

    def joined(self, other: "Passed") -> "Passed":
        """Sums, and signals over both."""
        signals = self.signals and other.signals and self.signals.joined(other.signals)
        return Passed(self.loss.double() + other.loss, self.hits.double() + other.hits, signals)


class Passes:
    """Puts the gradient of a step's batch into `flat`, and looks at the signals while they last."""

    def __init__(
        self, run: RunSpec, network: nn.Module, batches: Batches, flat: FlatParameters, recorder: Recorder
    ) -> None:
        self.scale: LossScale | None = None
        """Of float16 alone."""
        self._gradients: Gradients = gradients
        match run.training.precision:
            case "float16":
                self.scale = LossScale()
                self._gradients = self.scale.gradients
            case "bfloat16":
                self._gradients = gradients_of_halves
        self._network, self._batches, self._flat = network, batches, flat
        self._watch, self._probe = recorder.stopwatch, recorder.signals
        self._loss, self._loss_name = loss_function(run.training.loss), run.training.loss
        self._size, self._count = run.micro_batch_size, run.training.grad_accumulation
        self._unknown = torch.full((), torch.nan, device=flat.value.device)

    def over(self, step: int, *, recorded: bool, with_signals: bool) -> Passed:
        """Goes over the batch of a step: hits if it is `recorded`, signals if `with_signals`."""
        if self._count == 1:
            return self._over(self._batches.at(step), self._flat.take, recorded, with_signals)
        parts = self._batches.parts(step, self._size)
        passed = self._over(next(parts), self._flat.take, recorded, with_signals)
        for part in parts:
            passed = passed.joined(self._over(part, self._flat.add, recorded, with_signals))
        self._flat.grad.div_(self._count)
        return passed._replace(loss=passed.loss / self._count)

    def _over(self, batch: Batch, keep: Callable[[list[Tensor]], None], recorded: bool, with_signals: bool) -> Passed:
        inputs, targets, classes = batch
        tape: list[Tensor] = []
        outputs = self._network(inputs, tape if with_signals else None)
        loss = self._loss(outputs, targets)
        watched = [tape[row] for row in self._probe.delta_rows] if with_signals else []
        grads, deltas = self._gradients(loss, self._flat.parameters, watched)
        keep(grads)
        self._watch.lap("train")
        right, signals = self._unknown, None
        if recorded:
            right = hits(outputs.detach(), classes, self._loss_name)
            self._watch.lap("parameters")
        if with_signals:
            signals = self._probe.measure(inputs, tape, deltas)
            self._watch.lap("signals")
        return Passed(loss.detach(), right, signals)
