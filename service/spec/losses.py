"""Losses: what they read, and which torch function computes them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from service.spec.shapes import Shape
from service.spec.targets import Target, TargetError, one_per_class, one_per_value

LossName = Literal["cross_entropy", "bce_with_logits", "mse"]


def _binary(output: Shape, target: Target, loss: str) -> None:
    if target.kind != "classes":
        raise TargetError(f"{loss} needs class labels and this data has real values; use mse.")
    one_per_value(output, target, loss)


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss by its name in the contract."""

    doc: str
    target: str
    reads: Literal["indices", "numbers"]
    """How torch wants the targets: class indices, or numbers shaped like the output."""
    check: Callable[[Shape, Target, str], None]
    """Raises `TargetError` when output and target do not fit."""


LOSSES: dict[str, Loss] = {
    "cross_entropy": Loss(
        "Cross entropy of logits, one per class.", "torch.nn.functional:cross_entropy", "indices", one_per_class
    ),
    "bce_with_logits": Loss(
        "Binary cross entropy of logits: one output for two classes, or one per class (one-hot).",
        "torch.nn.functional:binary_cross_entropy_with_logits",
        "numbers",
        _binary,
    ),
    "mse": Loss("Mean squared error; classes one-hot.", "torch.nn.functional:mse_loss", "numbers", one_per_value),
}
