"""The copying memory problem."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from service.spec.data.source import Drawn, SampleCount
from service.spec.shapes import Shape, Tokens
from service.spec.targets import Target


class CopyMemory(Drawn):
    """Random symbols to be kept over a delay and told in order after a signal; until then, blanks are wanted.

    Symbols are 0 … k − 1, blank is k and the signal, which is never wanted, k + 1. Without memory the cross entropy is
    at best remembered · ln k / (delay + 2 · remembered), and that is where networks stay whose gradient vanishes.
    """

    kind: Literal["copy_memory"] = "copy_memory"
    reference: ClassVar[str] = "Arjovsky et al. 2016"
    n_samples: SampleCount = 10_000
    delay: Annotated[int, Field(strict=True, ge=1, le=10_000)] = 100
    """Time steps from the last symbol to the signal."""
    remembered: Annotated[int, Field(strict=True, ge=1, le=1000)] = 10
    """How many symbols there are to keep."""
    symbols: Annotated[int, Field(strict=True, ge=2, le=1000)] = 8
    """How many different ones there are."""

    @property
    def length(self) -> int:
        """Time steps of a sample."""
        return self.delay + 2 * self.remembered

    def sample_shape(self) -> Shape:
        return Tokens((self.length,), self.symbols + 2)

    def target(self) -> Target:
        return Target("classes", self.symbols + 1, steps=self.length)

    def class_shares(self, step: int) -> tuple[float, ...]:
        if step < self.length - self.remembered:
            return (*[0.0] * self.symbols, 1.0)
        return (*[1 / self.symbols] * self.symbols, 0.0)


SOURCE = CopyMemory
