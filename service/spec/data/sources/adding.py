"""The adding problem."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from service.spec.data.source import Drawn, SampleCount
from service.spec.shapes import Shape
from service.spec.targets import Target


class Adding(Drawn):
    """Sequences of numbers in [0, 1), each with a mark or none; the sum of the two marked ones is wanted at the end.

    One mark lies in either half. Always answering 1 has a mean squared error of 1/6, and that is where recurrent
    networks stay whose gradient vanishes.
    """

    kind: Literal["adding"] = "adding"
    reference: ClassVar[str] = "Hochreiter & Schmidhuber 1997"
    n_samples: SampleCount = 10_000
    length: Annotated[int, Field(strict=True, ge=2, le=100_000)] = 100
    """Time steps."""

    def sample_shape(self) -> Shape:
        return (self.length, 2)

    def target(self) -> Target:
        return Target("values", 1)

    def target_mean(self) -> float:
        return 1.0

    def target_variance(self) -> float:
        return 1 / 6


SOURCE = Adding
