"""What happens to the gradient between backward and step: penalties, then clipping. In place, on the flat tensor."""

from typing import NamedTuple

import torch
from torch import Tensor

from service.spec.training import Training
from worker.flat import FlatParameters


class Constrained(NamedTuple):
    """What was done to a gradient, 0-dimensional."""

    norm: Tensor
    """Global norm of what is to be clipped: the gradient of the loss and of the penalties."""
    clipped_norm: Tensor
    clip_fraction: Tensor
    """By norm: whether it was clipped. By value: share of the entries."""


CURVES = ("grad_norm", "grad_norm_clipped", "clip_fraction")
"""What the three are recorded as."""


def constrains(training: Training) -> bool:
    """Whether a training does anything to its gradients."""
    return any((training.l1, training.l2, training.clip_grad_norm, training.clip_grad_value))


def constrain(flat: FlatParameters, training: Training) -> Constrained:
    """Adds the gradient of the penalties, and clips by value and then by norm.

    Norms are taken in float64, so a gradient of 10²⁵ is scaled down and not turned into NaN.
    """
    _penalize(flat, training)
    grad = flat.grad
    norm = clipped = torch.linalg.vector_norm(grad, dtype=torch.float64)
    fraction = torch.zeros_like(norm)
    if training.clip_grad_value:
        fraction = (grad.abs() > training.clip_grad_value).double().mean()
        grad.clamp_(-training.clip_grad_value, training.clip_grad_value)
        clipped = torch.linalg.vector_norm(grad, dtype=torch.float64)
    if training.clip_grad_norm:
        scale = (training.clip_grad_norm / (clipped + 1e-6)).clamp(max=1.0)
        grad.mul_(scale.to(grad.dtype))
        clipped, fraction = clipped * scale, torch.maximum(fraction, (scale < 1).double())
    return Constrained(norm, clipped, fraction)


def _penalize(flat: FlatParameters, training: Training) -> None:
    """The gradients of `l1 · Σ|w|` and `l2 · Σw²` over weights."""
    weights, grad = flat.value.detach()[: flat.matrix_stop], flat.grad[: flat.matrix_stop]
    if training.l2:
        grad.add_(weights, alpha=2 * training.l2)
    if training.l1:
        grad.add_(weights.sign(), alpha=training.l1)
