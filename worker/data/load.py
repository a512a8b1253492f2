"""Samples split, scaled and shaped for the loss, on the device."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from service.spec.data.source import Source
from service.spec.data.sources.uploaded import Uploaded
from service.spec.data.view import arranged, feature_axes
from service.spec.losses import LOSSES, LossName
from service.spec.run import RunSpec
from service.spec.shapes import Shape, Tokens
from service.spec.targets import Target
from worker.data.scaling import Scaling
from worker.seeds import generator


@dataclass(frozen=True, slots=True)
class Samples:
    """[N] samples and what is to be predicted of them, or of each of their time steps."""

    inputs: Tensor
    """[N, *sample] float32; tokens [N, steps] int64."""
    targets: Tensor
    """[N] or [N, steps] class indices, or [N, *outputs] float32, as the loss reads them."""
    classes: Tensor | None
    """[N] or [N, steps] class indices; none for real values."""

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True, slots=True)
class Split:
    """What is trained on, and what is held back."""

    training: Samples
    validation: Samples | None


def load(run: RunSpec, outputs: Shape, device: torch.device, datasets: Path | None = None) -> Split:
    """The data of a run. `outputs` is the network's output shape of one sample, `datasets` the folder of uploads."""
    data = run.data
    inputs, targets = _read(data.source, datasets)
    inputs = inputs.reshape(len(inputs), *data.shape) if data.shape else arranged(inputs, run.view)
    target = data.source.target()
    if target.steps is not None and len(outputs) == 1:
        targets = targets[:, -1]
    order = torch.randperm(len(inputs), generator=generator(run.training.seed, "split")).numpy()
    held = data.validation_samples
    validation, training = order[:held], order[held:]
    of_inputs = of_targets = None
    if data.normalize != "none" and not isinstance(data.source.sample_shape(), Tokens):
        axes = feature_axes(inputs.shape[1:], run.view)
        of_inputs = Scaling.fitted(inputs, training, data.normalize, axes)
    if data.scales_target:
        of_targets = Scaling.fitted(targets, training, "standard", tuple(range(targets.ndim - 1)))

    def samples(rows: NDArray[np.int64]) -> Samples:
        wanted = _taken(targets, rows, of_targets).to(device)
        return Samples(
            inputs=_taken(inputs, rows, of_inputs).to(device),
            targets=_as_read(wanted, target, run.training.loss, outputs),
            classes=wanted if target.kind == "classes" else None,
        )

    return Split(samples(training), samples(validation) if held else None)


def _read(source: Source, datasets: Path | None) -> tuple[NDArray[Any], NDArray[Any]]:
    loader = import_module(f"worker.data.sources.{source.kind}")
    found: tuple[NDArray[Any], NDArray[Any]]
    found = loader.load(source, datasets) if isinstance(source, Uploaded) else loader.load(source)
    return found


def _taken(values: NDArray[Any], rows: NDArray[np.int64], scaling: Scaling | None) -> Tensor:
    return torch.from_numpy(scaling.applied(values, rows) if scaling else values[rows])


def _as_read(wanted: Tensor, target: Target, loss: LossName, outputs: Shape) -> Tensor:
    if LOSSES[loss].reads == "indices":
        return wanted
    if target.kind == "values":
        return wanted
    if outputs[-1] == 1:
        return wanted.unsqueeze(-1).float()
    return wanted.new_zeros((*wanted.shape, outputs[-1]), dtype=torch.float32).scatter_(-1, wanted.unsqueeze(-1), 1.0)
