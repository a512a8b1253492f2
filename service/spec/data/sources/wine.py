"""Wines of three growers."""

from typing import ClassVar, Literal

from service.spec.data.source import Source
from service.spec.shapes import Shape
from service.spec.targets import Target


class Wine(Source):
    """178 wines of three growers by thirteen chemical measurements; real data that ships with scikit-learn."""

    kind: Literal["wine"] = "wine"
    reference: ClassVar[str] = "Aeberhard & Forina 1991"

    def sample_count(self) -> int:
        return 178

    def sample_shape(self) -> Shape:
        return (13,)

    def target(self) -> Target:
        return Target("classes", 3)

    def class_shares(self, step: int) -> tuple[float, ...]:
        return 59 / 178, 71 / 178, 48 / 178


SOURCE = Wine
