"""Two half moons."""

from typing import Literal

from service.spec.data.source import Drawn
from service.spec.frozen import NonNegative
from service.spec.shapes import Shape
from service.spec.targets import Target


class Moons(Drawn):
    """Two half moons that reach into each other, one class each: separable by a curve, not by a line."""

    kind: Literal["moons"] = "moons"
    noise: NonNegative = 0.1
    """Standard deviation of the Gaussian noise; the moons have radius 1."""

    def sample_shape(self) -> Shape:
        return (2,)

    def target(self) -> Target:
        return Target("classes", 2)


SOURCE = Moons
