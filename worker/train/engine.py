"""The engine: one training step after another, each handed to the recorder. No storage, no clock, no network."""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from service.spec.optimizers import Optimizer
from service.spec.run import RunSpec
from service.spec.schedules import ConstantRate
from worker.build import build
from worker.data.load import Samples, load
from worker.flat import FlatParameters
from worker.initialize import initialize
from worker.probes.inputs import input_curves
from worker.probes.recorder import Recorder
from worker.targets import resolve
from worker.train import gradient, loss_scale
from worker.train.at_once import samples_at_once
from worker.train.batches import Batches
from worker.train.max_norm import shorten
from worker.train.objective import evaluate
from worker.train.passes import Passes
from worker.train.precision import forward_in, in_dtype, of_dtype, of_weights


class Engine:
    """A run on a device, ready to train. Deterministic under the run's seed, on one device and thread count."""

    def __init__(self, run: RunSpec, device: torch.device, *, chunk_steps: int, datasets: Path | None = None) -> None:
        """Builds, initializes and loads. `chunk_steps`: recorded steps the device buffer holds. `datasets`: the
        folder of uploads."""
        torch.manual_seed(run.training.seed)  # dropout
        torch.backends.cudnn.deterministic = True
        self.run = run
        self.placed = run.placed()
        self.total_steps = run.total_steps
        dtype = of_weights(run.training.precision)
        self.split = in_dtype(load(run, self.placed[-1].out_shape, device, datasets), dtype)
        self.batches = Batches(self.split.training, run.batch_size, run.training.seed)
        network = build(self.placed, run.network.layers)
        measured = max(run.micro_batch_size, samples_at_once(self.placed))
        first_batch = of_dtype(self.batches.at(0)[0][:measured].cpu(), torch.float32)
        initialize(network, run.network, self.placed, run.training.seed, first_batch)
        network.to(device, dtype)
        self.flat = FlatParameters(network.layers, self.placed, device)
        self.network = forward_in(run.training.precision, network, device)
        self.optimizer = optimizer_over(self.flat.value, run.training.optimizer)
        self._update = update_of(self.optimizer)
        self._constrains = gradient.constrains(run.training)
        self._schedules = run.training.lr_schedule != ConstantRate()
        curves = (*gradient.CURVES * self._constrains, *loss_scale.CURVES * (run.training.precision == "float16"))
        self.recorder = Recorder(
            run,
            self.placed,
            network.layers,
            self.flat,
            curves=curves,
            at_start=input_curves(self.split.training.inputs, run),
            capacity=chunk_steps,
        )
        self._passes = Passes(run, self.network, self.batches, self.flat, self.recorder)
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
        return evaluate(self.network, samples, self.run.training.loss, batch=samples_at_once(self.placed))

    def _validates(self, step: int) -> bool:
        return (step + 1) % self._validate_every == 0 or step + 1 == self.total_steps

    def _step(self, step: int) -> None:
        recorder, watch, scale = self.recorder, self.recorder.stopwatch, self._passes.scale
        recorded, with_signals = recorder.records(step), recorder.wants_signals(step)
        with_histograms = recorder.wants_histograms(step)
        watch.start(step, rare=with_histograms)
        passed = self._passes.over(step, recorded=recorded, with_signals=with_signals)
        statistics = recorder.parameters.before_step() if recorded else []
        watch.lap("parameters")
        if passed.signals is not None:
            recorder.write_signals(step, passed.signals)
            watch.lap("signals")
        if with_histograms:
            recorder.write_histograms(step)
            watch.lap("histograms")
        curves: list[Tensor] = [*gradient.constrain(self.flat, self.run.training)] if self._constrains else []
        if scale is None or not scale.overflowed:
            self._move(step)
        if scale is not None:
            curves += [passed.loss.new_tensor(value) for value in scale.settle()]
        watch.lap("train")
        if recorded:
            statistics += recorder.parameters.after_step()
            recorder.write_step(step, statistics, [passed.loss, passed.hits, *curves])
        watch.lap("parameters")

    def _move(self, step: int) -> None:
        """Moves the weights along the gradient."""
        training = self.run.training
        if self._schedules:
            self.optimizer.param_groups[0]["lr"] = training.learning_rate(step, self.total_steps)
        self._update()
        if training.max_norm:
            shorten(self.flat, training.max_norm)


def optimizer_over(parameter: torch.nn.Parameter, spec: Optimizer) -> torch.optim.Optimizer:
    """The optimizer a spec names, over one flat parameter; fused where that is faster than torch's usual way.

    SGD is a single operation as it is; torch's fused kernel takes five times as long for it on a CPU.
    """
    chosen = resolve(spec.target)
    fusible = "fused" in inspect.signature(chosen).parameters and spec.name != "sgd"
    fused = {"fused": True} if fusible else {}
    return cast("torch.optim.Optimizer", chosen([parameter], **spec.arguments(), **fused))


def update_of(optimizer: torch.optim.Optimizer) -> Callable[[], None]:
    """What `optimizer.step()` computes, without the profiler's record and the look for hooks around it.

    No hook is ever registered here, and on one flat tensor the wrappers take as long as the step of SGD itself.
    """
    step = inspect.unwrap(type(optimizer).step)

    @torch.no_grad()  # the wrappers did this too
    def update() -> None:
        step(optimizer)

    return update
