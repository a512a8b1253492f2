"""Two half moons."""

from typing import Annotated, Literal

from pydantic import Field

from service.spec.data.source import Source
from service.spec.frozen import NonNegative, Seed
from service.spec.shapes import Shape
from service.spec.targets import Target


class Moons(Source):
    """Two half moons that reach into each other, one class each: separable by a curve, not by a line."""

    kind: Literal["moons"] = "moons"
    n_samples: Annotated[int, Field(strict=True, ge=4, le=1_000_000)] = 1000
    noise: NonNegative = 0.1
    """Standard deviation of the Gaussian noise; the moons have radius 1."""
    seed: Seed = 0

    def sample_count(self) -> int:
        return self.n_samples

    def sample_shape(self) -> Shape:
        return (2,)

    def target(self) -> Target:
        return Target("classes", 2)


SOURCE = Moons
