"""Losses: what they read, and which function computes them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from service.spec.shapes import Shape
from service.spec.targets import Target, one_per_class, one_per_label, one_per_value

LossName = Literal["cross_entropy", "nll", "bce_with_logits", "bce", "mse", "l1", "huber"]


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss by its name in the contract, averaged over samples, time steps and outputs."""

    doc: str
    target: str
    reads: Literal["indices", "numbers"]
    """What it compares outputs with: class indices, or numbers shaped like the output."""
    check: Callable[[Shape, Target, str], None]
    """Raises `TargetError` when output and target do not fit."""
    boundary: float = 0.0
    """What a single output for two classes exceeds when it means class 1."""


LOSSES: dict[LossName, Loss] = {
    "cross_entropy": Loss(
        "Cross entropy of logits, one per class.", "torch.nn.functional:cross_entropy", "indices", one_per_class
    ),
    "nll": Loss(
        "Negative log-likelihood: cross entropy of log-probabilities, as log_softmax gives them, one per class.",
        "torch.nn.functional:nll_loss",
        "indices",
        one_per_class,
    ),
    "bce_with_logits": Loss(
        "Binary cross entropy of logits: one output for two classes, or one per class (one-hot).",
        "torch.nn.functional:binary_cross_entropy_with_logits",
        "numbers",
        one_per_label,
    ),
    "bce": Loss(
        "Binary cross entropy of probabilities, as sigmoid gives them; NaN for numbers outside [0, 1].",
        "worker.train.probabilities:binary_cross_entropy",
        "numbers",
        one_per_label,
        boundary=0.5,
    ),
    "mse": Loss(
        "Mean squared error; classes one-hot.",
        "torch.nn.functional:mse_loss",
        "numbers",
        one_per_value,
        boundary=0.5,
    ),
    "l1": Loss(
        "Mean absolute error; classes one-hot.",
        "torch.nn.functional:l1_loss",
        "numbers",
        one_per_value,
        boundary=0.5,
    ),
    "huber": Loss(
        "Squared error, halved, up to a distance of 1 and absolute error beyond; classes one-hot. Huber 1964.",
        "torch.nn.functional:huber_loss",
        "numbers",
        one_per_value,
        boundary=0.5,
    ),
}
