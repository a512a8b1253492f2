"""Two rings."""

from typing import Literal

from service.spec.data.source import Drawn
from service.spec.frozen import Fraction, NonNegative
from service.spec.shapes import Shape
from service.spec.targets import Target


class Circles(Drawn):
    """A small ring inside a large one, in the plane; two classes no line can part."""

    kind: Literal["circles"] = "circles"
    noise: NonNegative = 0.05
    """Standard deviation of the Gaussian noise."""
    factor: Fraction = 0.5
    """Radius of the inner ring over that of the outer."""

    def sample_shape(self) -> Shape:
        return (2,)

    def target(self) -> Target:
        return Target("classes", 2)


SOURCE = Circles
