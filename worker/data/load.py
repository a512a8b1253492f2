"""Samples split, scaled and shaped for the loss, on the device."""

from dataclasses import dataclass
from importlib import import_module

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from service.spec.data.data import Data
from service.spec.losses import LOSSES, LossName
from service.spec.shapes import Shape
from service.spec.targets import Target
from worker.seeds import generator


@dataclass(frozen=True, slots=True)
class Samples:
    """[N] samples and what is to be predicted of them."""

    inputs: Tensor
    """[N, *sample] float32."""
    targets: Tensor
    """[N] class indices, or [N, outputs] numbers, as the loss reads them."""
    classes: Tensor | None
    """[N] class indices; none for real values."""

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True, slots=True)
class Split:
    """What is trained on, and what is held back."""

    training: Samples
    validation: Samples | None


def load(data: Data, loss: LossName, outputs: Shape, seed: int, device: torch.device) -> Split:
    """The data of a run. `outputs` is the network's output shape of one sample."""
    loader = import_module(f"worker.data.sources.{data.source.kind}")
    inputs, targets = loader.load(data.source)
    order = torch.randperm(len(inputs), generator=generator(seed, "split")).numpy()
    held = data.validation_samples
    validation, training = order[:held], order[held:]
    scaled = _normalized(inputs, training, data.normalize)
    target = data.source.target()

    def samples(chosen: NDArray[np.int64]) -> Samples:
        inputs, wanted = torch.from_numpy(scaled[chosen]).to(device), torch.from_numpy(targets[chosen]).to(device)
        return Samples(
            inputs=inputs,
            targets=_as_read(wanted, target, loss, outputs),
            classes=wanted if target.kind == "classes" else None,
        )

    return Split(samples(training), samples(validation) if held else None)


def _normalized(inputs: NDArray[np.float32], training: NDArray[np.int64], how: str) -> NDArray[np.float32]:
    """[N, *sample] scaled feature by feature, by the training part alone; constant features become zero."""
    if how == "none":
        return inputs
    known = inputs[training].astype(np.float64)
    if how == "standard":
        shift, scale = known.mean(axis=0), known.std(axis=0)
    else:
        shift, scale = known.min(axis=0), np.ptp(known, axis=0)
    scaled = (inputs - shift) / np.where(scale > 0, scale, 1.0)
    return np.where(scale > 0, scaled, 0.0).astype(np.float32)


def _as_read(wanted: Tensor, target: Target, loss: LossName, outputs: Shape) -> Tensor:
    if LOSSES[loss].reads == "indices":
        return wanted
    if target.kind == "values":
        return wanted.float().reshape(len(wanted), -1)
    if outputs[-1] == 1:
        return wanted.float().unsqueeze(1)
    return torch.nn.functional.one_hot(wanted, outputs[-1]).float()
