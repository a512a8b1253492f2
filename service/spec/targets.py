"""What a network is to predict, and what a loss asks of network and data."""

from dataclasses import dataclass
from typing import Literal

from service.spec.shapes import Shape


@dataclass(frozen=True, slots=True)
class Target:
    """`classes`: labels 0 … size − 1. `values`: `size` real numbers per sample."""

    kind: Literal["classes", "values"]
    size: int


class TargetError(ValueError):
    """A loss cannot compare this output with this target. The message says what to do."""


def one_per_class(output: Shape, target: Target, loss: str) -> None:
    """Raises `TargetError` unless the network ends in one number per class."""
    if target.kind != "classes":
        raise TargetError(f"{loss} needs class labels and this data has real values; use mse.")
    if len(output) != 1 or output[0] < target.size:
        raise TargetError(
            f"{loss} needs one output per class: end the network in {target.size} features, not shape {list(output)}."
        )


def one_per_value(output: Shape, target: Target, loss: str) -> None:
    """Raises `TargetError` unless the output is as wide as the target: values, one-hot classes, or one for two."""
    widths = {target.size} | ({1} if target.kind == "classes" and target.size == 2 else set())
    if len(output) != 1 or output[0] not in widths:
        wanted = " or ".join(str(width) for width in sorted(widths))
        raise TargetError(f"{loss} needs {wanted} output feature(s) for this data, not shape {list(output)}.")
