"""The engine: one training step after another, each handed to the recorder. No storage, no clock, no network."""

import inspect
from collections.abc import Iterator
from math import prod
from typing import cast

import torch
from torch import Tensor

from service.spec.optimizers import Optimizer
from service.spec.run import RunSpec
from worker.build import TapedNetwork, build
from worker.data.load import Samples, load
from worker.flat import FlatParameters
from worker.initialize import initialize
from worker.probes.recorder import Recorder
from worker.targets import resolve
from worker.train.batches import Batches
from worker.train.gradient import constrain, constrains
from worker.train.objective import accuracy, evaluate, loss_function

_EVALUATION_ELEMENTS = 1 << 22
"""Numbers that the widest layer may put out for one batch of an evaluation: 16 MiB."""


class Engine:
    """A run on a device, ready to train. Deterministic under the run's seed, on one device and thread count."""

    def __init__(self, run: RunSpec, device: torch.device, *, chunk_steps: int) -> None:
        """Builds, initializes and loads. `chunk_steps`: recorded steps the device buffer holds."""
        torch.manual_seed(run.training.seed)  # dropout
        self.run = run
        self.placed = run.placed()
        self.total_steps = run.total_steps
        self.split = load(run.data, run.training.loss, self.placed[-1].out_shape, run.training.seed, device)
        self.batches = Batches(self.split.training, run.batch_size, run.training.seed)
        self.network: TapedNetwork = build(self.placed, run.network.layers)
        first_batch = self.batches.at(0)[0].cpu()
        initialize(self.network, run.network, self.placed, run.training.seed, first_batch)
        self.network.to(device)
        self.flat = FlatParameters(self.network.layers, self.placed, device)
        self.optimizer = optimizer_over(self.flat.value, run.training.optimizer)
        self._constrains = constrains(run.training)
        self.recorder = Recorder(
            run, self.placed, self.flat, constrained=self._constrains, capacity=chunk_steps, device=device
        )
        self._loss = loss_function(run.training.loss)
        self._validate_every = run.training.validation_interval(len(self.split.training))

    def train(self) -> Iterator[int]:
        """Runs the steps, and yields the number of each when it is done. Drain the recorder when it is full."""
        for step in range(self.total_steps):
            self._step(step)
            if self.split.validation and self._validates(step):
                self.recorder.write_validation(step, *self.evaluate(self.split.validation))
            yield step

    def evaluate(self, samples: Samples) -> tuple[Tensor, Tensor]:
        """Mean loss and accuracy over `samples`, 0-dimensional."""
        widest = max(prod(layer.out_shape) for layer in self.placed)
        batch = max(1, _EVALUATION_ELEMENTS // widest)
        return evaluate(self.network, samples, self.run.training.loss, batch=batch)

    def _validates(self, step: int) -> bool:
        return (step + 1) % self._validate_every == 0 or step + 1 == self.total_steps

    def _step(self, step: int) -> None:
        recorder, watch = self.recorder, self.recorder.stopwatch
        recorded, with_signals = recorder.records(step), recorder.wants_signals(step)
        watch.start(step)
        inputs, targets, classes = self.batches.at(step)
        tape: list[Tensor] = []
        outputs = self.network(inputs, tape if with_signals else None)
        loss = self._loss(outputs, targets)
        watched = [tape[row] for row in recorder.signals.delta_rows] if with_signals else []
        grads = torch.autograd.grad(loss, [*self.flat.parameters, *watched])
        count = len(self.flat.parameters)
        self.flat.take(list(grads[:count]))
        watch.lap("train")
        statistics = recorder.parameters.before_step() if recorded else []
        watch.lap("parameters")
        if with_signals:
            recorder.write_signals(step, tape, grads[count:])
            watch.lap("signals")
        constrained = constrain(self.flat, self.run.training) if self._constrains else ()
        self.optimizer.step()
        watch.lap("train")
        if recorded:
            statistics += recorder.parameters.after_step()
            hits = accuracy(outputs.detach(), classes, self.run.training.loss)
            recorder.write_step(step, statistics, [loss.detach(), hits, *constrained])
        watch.lap("parameters")


def optimizer_over(parameter: torch.nn.Parameter, spec: Optimizer) -> torch.optim.Optimizer:
    """The optimizer a spec names, over one flat parameter; fused where that is faster than torch's usual way.

    SGD is a single operation as it is; torch's fused kernel takes five times as long for it on a CPU.
    """
    chosen = resolve(spec.target)
    fusible = "fused" in inspect.signature(chosen).parameters and spec.name != "sgd"
    fused = {"fused": True} if fusible else {}
    return cast("torch.optim.Optimizer", chosen([parameter], **spec.arguments(), **fused))
