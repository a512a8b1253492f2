"""What mean-field theory knows of the backward signal at one place of a network."""

from dataclasses import dataclass
from math import log, prod
from typing import Self

import numpy as np

from service.spec.shapes import Shape
from service.theory.functions import Array
from service.theory.unknown import NoClosedForm


@dataclass(frozen=True, slots=True)
class Gradient:
    """Mean square of the entries of ∂loss/∂x, up to a factor that one stretch of layers has in common."""

    log: float
    squares: Array
    """Over e^log and around 1; broadcasts to [groups, *sample] as `Signal` does."""
    variance: float
    """Of log‖∂loss/∂x‖² over draws of the weights."""
    stretch: int
    """Which stretch: gradients of different ones cannot be compared."""
    aligned: float | None = None
    """Share of E‖∂loss/∂x‖² that lies along x itself; None: one part in as many as there are units, as by chance."""

    @classmethod
    def unit(cls, shape: Shape, stretch: int) -> Self:
        """The same everywhere, with nothing known of its size."""
        return cls(0.0, np.ones((1,) * (1 + len(shape))), 0.0, stretch)

    def passed(self, squares: Array, added: float = 0.0, by: float = 0.0) -> "Gradient":
        """Behind a layer that makes `squares` · e^by of it and adds `added` to the variance of its logarithm."""
        mean = float(squares.mean())
        if not (mean > 0 and np.isfinite(mean)):
            raise NoClosedForm("no gradient passes this layer")
        return Gradient(self.log + by + log(mean), squares / mean, self.variance + added, self.stretch)

    def log_norm(self, shape: Shape) -> float:
        """log E‖∂loss/∂x‖² of one sample of `shape`."""
        return self.log + log(float(self.squares.mean())) + log(prod(shape))
