"""What happens to the gradient between backward and step: penalties, then clipping. In place, on the flat tensor."""

import torch
from torch import Tensor

from service.spec.training import Training
from worker.flat import FlatParameters


def penalize(flat: FlatParameters, training: Training) -> None:
    """Adds the gradient of `l1 · Σ|w|` and `l2 · Σw²` over weights to the flat gradient."""
    weights, grad = flat.value.detach()[: flat.matrix_stop], flat.grad[: flat.matrix_stop]
    if training.l2:
        grad.add_(weights, alpha=2 * training.l2)
    if training.l1:
        grad.add_(weights.sign(), alpha=training.l1)


def clip(grad: Tensor, training: Training) -> tuple[Tensor, Tensor] | None:
    """Clips `grad` [P] in place, by value and then by norm. Returns the norm it has then, and the clip fraction.

    None where the training clips nothing. The norm is taken in float64, so a gradient of 10²⁵ is scaled down and not
    turned into NaN.
    """
    if not training.clip_grad_value and not training.clip_grad_norm:
        return None
    fraction = grad.new_zeros((), dtype=torch.float64)
    if training.clip_grad_value:
        fraction = (grad.abs() > training.clip_grad_value).double().mean()
        grad.clamp_(-training.clip_grad_value, training.clip_grad_value)
    norm = torch.linalg.vector_norm(grad, dtype=torch.float64)
    if training.clip_grad_norm:
        scale = (training.clip_grad_norm / (norm + 1e-6)).clamp(max=1.0)
        grad.mul_(scale.float())
        norm, fraction = norm * scale, torch.maximum(fraction, (scale < 1).double())
    return norm, fraction
