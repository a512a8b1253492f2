"""Irises of three species."""

from typing import ClassVar, Literal

from service.spec.data.source import Source
from service.spec.shapes import Shape
from service.spec.targets import Target


class Iris(Source):
    """150 irises of three species by four lengths; real data that ships with scikit-learn."""

    kind: Literal["iris"] = "iris"
    reference: ClassVar[str] = "Fisher 1936"

    def sample_count(self) -> int:
        return 150

    def sample_shape(self) -> Shape:
        return (4,)

    def target(self) -> Target:
        return Target("classes", 3)


SOURCE = Iris
