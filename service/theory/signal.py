"""What mean-field theory knows of the numbers that reach a layer: the forward signal."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from service.theory.functions import Array
from service.theory.unknown import NoClosedForm


@dataclass(frozen=True, slots=True)
class Signal:
    """Moments of the numbers at one place of a network.

    Arrays broadcast to [groups, *sample]: groups of samples that differ in length, then positions; the axis of the
    units, over which weights are drawn independently, has size 1.
    """

    second: Array | None
    """E[x²]; None where it is not known."""
    mean: Array | None
    """E[x] over the units of a sample."""
    common: float | None
    """E[x y] of two samples at the same unit: what they have in common, and batch_norm takes away."""
    gaussian: bool
    """Whether units are normally distributed: only then are a function's moments known."""
    units: int
    """Axis of the sample that the units lie along."""
    dropped: bool = False
    """Whether some of them were dropped before: LSUV looks at networks that drop nothing."""
    summed: int = 0
    """How many numbers the weight layer before it summed; 0 without one."""
    why: str = ""
    """Why `second` is not known."""

    def known(self) -> Array:
        """`second`. Raises `NoClosedForm` where it is not known, is zero, or leaves what float32 can hold."""
        if self.second is None:
            raise NoClosedForm(self.why)
        largest, smallest = float(self.second.max()), float(self.second.min())
        if not largest < _LARGEST:
            raise NoClosedForm("the forward signal grows beyond what float32 can hold")
        if largest < _SMALLEST:
            raise NoClosedForm("the forward signal is zero, or too small for float32")
        return self.second if smallest > 0 else np.maximum(self.second, largest * 1e-12)

    def lost(self, why: str, **changes: object) -> Self:
        """The same without its moments."""
        return replace(self, second=None, mean=None, common=None, why=self.why or why, **changes)  # type: ignore[arg-type]


_LARGEST, _SMALLEST = 1e76, 1e-76
"""Squares of the largest and of the smallest normal numbers of float32, with something in between."""
