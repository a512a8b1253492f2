"""Loss and accuracy of a batch, and of a whole set."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from service.spec.losses import LOSSES, LossName
from worker.data.load import Samples
from worker.targets import resolve

LossFunction = Callable[[Tensor, Tensor], Tensor]


def loss_function(name: LossName) -> LossFunction:
    """The torch function of a loss: outputs [B, …], targets → 0-dimensional mean."""
    return resolve(LOSSES[name].target)


def accuracy(outputs: Tensor, classes: Tensor | None, loss: LossName) -> Tensor:
    """Share of a batch classified correctly; NaN for real-valued targets."""
    if classes is None:
        return outputs.new_full((), torch.nan)
    if outputs.shape[-1] > 1:
        return (outputs.argmax(dim=-1) == classes).sum() / len(classes)
    boundary = 0.5 if loss == "mse" else 0.0
    return ((outputs.squeeze(-1) > boundary) == classes.bool()).sum() / len(classes)


@torch.no_grad()
def evaluate(network: nn.Module, samples: Samples, loss: LossName, *, batch: int) -> tuple[Tensor, Tensor]:
    """Mean loss and accuracy over all samples, `batch` at a time, in evaluation mode; left in training mode."""
    network.eval()
    losses, hits = [], []
    for start in range(0, len(samples), batch):
        chosen = slice(start, start + batch)
        outputs = network(samples.inputs[chosen])
        share = len(outputs) / len(samples)
        losses.append(loss_function(loss)(outputs, samples.targets[chosen]).double() * share)
        classes = None if samples.classes is None else samples.classes[chosen]
        hits.append(accuracy(outputs, classes, loss).double() * share)
    network.train()
    return torch.stack(losses).sum(), torch.stack(hits).sum()
