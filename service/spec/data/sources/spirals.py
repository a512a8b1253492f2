"""Spirals wound into each other."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from service.spec.data.source import Drawn
from service.spec.frozen import NonNegative
from service.spec.shapes import Shape
from service.spec.targets import Target


class Spirals(Drawn):
    """Spirals in the unit disk, one class each: hard for shallow networks, and the harder the more turns."""

    kind: Literal["spirals"] = "spirals"
    reference: ClassVar[str] = "Lang & Witbrock 1988"
    n_classes: Annotated[int, Field(strict=True, ge=2, le=100)] = 2
    turns: Annotated[float, Field(strict=True, gt=0, le=100)] = 1.5
    """How often each winds around the center."""
    noise: NonNegative = 0.02
    """Standard deviation of the Gaussian noise."""

    def sample_shape(self) -> Shape:
        return (2,)

    def target(self) -> Target:
        return Target("classes", self.n_classes)


SOURCE = Spirals
