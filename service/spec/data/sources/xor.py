"""Exclusive or."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from service.spec.data.source import Drawn
from service.spec.frozen import NonNegative
from service.spec.shapes import Shape
from service.spec.targets import Target


class Xor(Drawn):
    """Clouds at the corners (±1, ±1), class 1 where the signs differ: no linear network does better than chance."""

    kind: Literal["xor"] = "xor"
    reference: ClassVar[str] = "Minsky & Papert 1969"
    n_features: Annotated[int, Field(strict=True, ge=2, le=10_000)] = 2
    """Those after the second are Gaussian noise that tells nothing."""
    noise: NonNegative = 0.3
    """Standard deviation of each cloud."""

    def sample_shape(self) -> Shape:
        return (self.n_features,)

    def target(self) -> Target:
        return Target("classes", 2)


SOURCE = Xor
