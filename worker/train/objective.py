"""Loss and accuracy of a batch, and of a whole set."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from service.spec.losses import LOSSES, LossName
from worker.data.load import Samples
from worker.targets import resolve

LossFunction = Callable[[Tensor, Tensor], Tensor]


def loss_function(name: LossName) -> LossFunction:
    """The function of a loss: outputs [B, size] or [B, steps, size], targets → 0-dimensional mean.

    In float32 for outputs of half precision, in their own otherwise.
    """
    function: LossFunction = resolve(LOSSES[name].target)
    flat = LOSSES[name].reads == "indices"

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        precise = outputs.to(torch.promote_types(outputs.dtype, torch.float32))
        if flat:
            return function(precise.flatten(end_dim=-2), targets.flatten())
        return function(precise, targets.to(precise.dtype))

    return loss


def hits(outputs: Tensor, classes: Tensor | None, loss: LossName) -> Tensor:
    """How many of a batch, and of its time steps, are classified correctly; NaN for real-valued targets."""
    if classes is None:
        return outputs.new_full((), torch.nan, dtype=torch.float32)
    if outputs.shape[-1] > 1:
        return (outputs.argmax(dim=-1) == classes).sum(dtype=torch.float32)
    return ((outputs.squeeze(-1) > LOSSES[loss].boundary) == classes.bool()).sum(dtype=torch.float32)


@torch.no_grad()
def evaluate(network: nn.Module, samples: Samples, loss: LossName, *, batch: int) -> tuple[Tensor, Tensor]:
    """Mean loss and accuracy over all samples, `batch` at a time, in evaluation mode; left in training mode."""
    network.eval()
    losses, found = [], []
    measure = loss_function(loss)
    for start in range(0, len(samples), batch):
        chosen = slice(start, start + batch)
        outputs = network(samples.inputs[chosen])
        share = len(outputs) / len(samples)
        losses.append(measure(outputs, samples.targets[chosen]).double() * share)
        classes = None if samples.classes is None else samples.classes[chosen]
        found.append(hits(outputs, classes, loss).double())
    network.train()
    answers = 1 if samples.classes is None else samples.classes.numel()
    return torch.stack(losses).sum(), torch.stack(found).sum() / answers
