"""Dynamic loss scaling. Micikevicius et al. 2018.

Float16 ends at 65504 and knows nothing between 0 and 6·10⁻⁸, so backward runs on a multiple of the loss, and what it
gives is divided again in float32. Where the multiple was too large, backward runs once more on half of it, on the same
batch: no batch is lost, and every step is one of the float32 run.
"""

from collections.abc import Sequence
from math import inf

import torch
from torch import Tensor

_START = 2.0**16
_GOOD_STEPS = 2000
"""Steps without an overflow behind which twice the scale is tried; PyTorch's number, as the start is."""

CURVES = ("loss_scale", "skipped_steps")


class LossScale:
    """The scale, and how it moves."""

    def __init__(self, start: float = _START, good_steps: int = _GOOD_STEPS) -> None:
        self.scale = start
        self.thrown_away = 0
        """Backward passes of this step whose gradients overflowed, and were not used."""
        self.overflowed = False
        """Whether a gradient of this step is not finite at any scale: no step must be taken along it."""
        self._good_steps = good_steps
        self._good = 0

    def gradients(
        self, loss: Tensor, parameters: Sequence[Tensor], watched: Sequence[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """∂loss/∂parameters and ∂loss/∂watched, unscaled, in float32.

        A scale of 1 is the last one tried; a loss that is not finite has no finite gradient at any.
        """
        wanted, count = [*parameters, *watched], len(parameters)
        hopeless = not bool(loss.isfinite())
        while True:
            found = torch.autograd.grad(loss * self.scale, wanted, retain_graph=True)
            unscaled = list(torch._foreach_div([grad.float() for grad in found], self.scale))  # noqa: SLF001
            if _all_finite(unscaled[:count]):
                break
            self.thrown_away += 1
            if hopeless or self.scale <= 1:
                self.overflowed = True
                break
            self.scale /= 2
        return unscaled[:count], unscaled[count:]

    def settle(self) -> tuple[float, float]:
        """Ends a step, and tells what is recorded of it as `CURVES`.

        Twice the scale is next behind enough steps in a row that threw nothing away.
        """
        told = self.scale, float(self.thrown_away)
        self._good = 0 if self.thrown_away else self._good + 1
        if self._good == self._good_steps:
            self.scale, self._good = 2 * self.scale, 0
        self.thrown_away, self.overflowed = 0, False
        return told


def _all_finite(tensors: list[Tensor]) -> bool:
    return bool(torch.stack(torch._foreach_norm(tensors, inf)).isfinite().all())  # noqa: SLF001 (as in probes.norms)
