"""Handwritten digits."""

from typing import ClassVar, Literal

from service.spec.data.source import Source
from service.spec.shapes import Shape
from service.spec.targets import Target


class Digits(Source):
    """1797 handwritten digits of 8 × 8 pixels, ten classes; real data that ships with scikit-learn."""

    kind: Literal["digits"] = "digits"
    reference: ClassVar[str] = "Alpaydin & Kaynak 1998"

    def sample_count(self) -> int:
        return 1797

    def sample_shape(self) -> Shape:
        return (1, 8, 8)

    def target(self) -> Target:
        return Target("classes", 10)


SOURCE = Digits
