"""Two rings."""

from typing import Annotated, Literal

from pydantic import Field

from service.spec.data.source import Source
from service.spec.frozen import Fraction, NonNegative, Seed
from service.spec.shapes import Shape
from service.spec.targets import Target


class Circles(Source):
    """A small ring inside a large one, in the plane; two classes no line can part."""

    kind: Literal["circles"] = "circles"
    n_samples: Annotated[int, Field(strict=True, ge=4, le=1_000_000)] = 1000
    noise: NonNegative = 0.05
    """Standard deviation of the Gaussian noise."""
    factor: Fraction = 0.5
    """Radius of the inner ring over that of the outer."""
    seed: Seed = 0

    def sample_count(self) -> int:
        return self.n_samples

    def sample_shape(self) -> Shape:
        return (2,)

    def target(self) -> Target:
        return Target("classes", 2)


SOURCE = Circles
