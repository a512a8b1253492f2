"""The order of batches as a pure function of seed and step."""

from collections.abc import Iterator

import torch
from torch import Tensor

from worker.data.load import Samples
from worker.seeds import generator

Batch = tuple[Tensor, Tensor, Tensor | None]
"""Inputs [B, *sample], targets and classes."""


class Batches:
    """Full batches of a shuffled epoch, one after another; what is left of an epoch is dropped."""

    def __init__(self, samples: Samples, batch_size: int, seed: int) -> None:
        self.samples = samples
        self.size = batch_size
        self.per_epoch = max(1, len(samples) // batch_size)
        self._seed = seed
        self._epoch = -1
        self._order = torch.empty(0)

    def at(self, step: int) -> Batch:
        """The batch of a step."""
        return self._batch(self._chosen(step))

    def parts(self, step: int, size: int) -> Iterator[Batch]:
        """The batch of a step in parts of `size` samples, in order, each drawn when it is asked for."""
        return map(self._batch, torch.split(self._chosen(step), size))

    def _chosen(self, step: int) -> Tensor:
        epoch, batch = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            order = torch.randperm(len(self.samples), generator=generator(self._seed, "epoch", epoch))
            self._order, self._epoch = order.to(self.samples.inputs.device), epoch
        return self._order[batch * self.size : (batch + 1) * self.size]

    def _batch(self, chosen: Tensor) -> Batch:
        classes = self.samples.classes
        targets = self.samples.targets.index_select(0, chosen)
        if classes is self.samples.targets:
            return self.samples.inputs.index_select(0, chosen), targets, targets
        return (
            self.samples.inputs.index_select(0, chosen),
            targets,
            None if classes is None else classes.index_select(0, chosen),
        )
