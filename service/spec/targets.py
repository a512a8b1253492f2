"""What a network is to predict, and what a loss asks of network and data."""

from dataclasses import dataclass
from typing import Literal

from service.spec.shapes import Shape


@dataclass(frozen=True, slots=True)
class Target:
    """`classes`: labels 0 … size − 1. `values`: `size` real numbers. One for each sample, or for each time step."""

    kind: Literal["classes", "values"]
    size: int
    steps: int | None = None
    """Time steps with a target each; a network that answers once for a sample is asked for the last one."""

    def fits(self, output: Shape) -> bool:
        """Whether a network of this output shape answers as often as there are targets."""
        return len(output) == 1 or (len(output) == 2 and output[0] == self.steps)

    def wanted(self, widths: str) -> str:
        """The output shapes that would fit, `widths` being the last dimension, for people."""
        return f"[{widths}]" + (f" or [{self.steps}, {widths}]" if self.steps else "")


class TargetError(ValueError):
    """A loss cannot compare this output with this target. The message says what to do."""


def one_per_class(output: Shape, target: Target, loss: str) -> None:
    """Raises `TargetError` unless the network ends in one number per class; spare ones are allowed."""
    _labels(target, loss)
    _answers(output, target, loss, str(target.size))
    if output[-1] < target.size:
        hint = (
            " Or take bce_with_logits, which one output is enough for." if output[-1] == 1 and target.size == 2 else ""
        )
        raise TargetError(
            f"{loss} needs one output per class: end the network in {target.size} features, not {output[-1]}.{hint}"
        )


def one_per_value(output: Shape, target: Target, loss: str) -> None:
    """Raises `TargetError` unless the output is as wide as the target: values, one-hot classes, or one for two."""
    widths = {target.size} | ({1} if target.kind == "classes" and target.size == 2 else set())
    wanted = " or ".join(map(str, sorted(widths)))
    _answers(output, target, loss, wanted)
    if output[-1] not in widths:
        what = "value" if target.kind == "values" else "class"
        features = "feature" if wanted == "1" else "features"
        raise TargetError(
            f"{loss} needs one output per {what}: end the network in {wanted} {features}, not {output[-1]}."
        )


def one_per_label(output: Shape, target: Target, loss: str) -> None:
    """As `one_per_value`, of classes alone. Raises `TargetError`."""
    _labels(target, loss)
    one_per_value(output, target, loss)


def _labels(target: Target, loss: str) -> None:
    if target.kind != "classes":
        raise TargetError(f"{loss} needs class labels and this data has real values; use mse, l1 or huber.")


def _answers(output: Shape, target: Target, loss: str, widths: str) -> None:
    if not target.fits(output):
        raise TargetError(
            f"{loss} needs an output of shape {target.wanted(widths)} for this data, not {list(output)}; put a flatten "
            'or pooling layer before the last linear layer, or let a recurrent one put out its "last" step.'
        )
