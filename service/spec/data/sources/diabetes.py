"""Progress of diabetes."""

from typing import ClassVar, Literal

from service.spec.data.source import Source
from service.spec.shapes import Shape
from service.spec.targets import Target


class Diabetes(Source):
    """442 patients by ten measurements, and how far their diabetes had come a year later; ships with scikit-learn."""

    kind: Literal["diabetes"] = "diabetes"
    reference: ClassVar[str] = "Efron et al. 2004"
    normalizes_target: ClassVar[bool] = True

    def sample_count(self) -> int:
        return 442

    def sample_shape(self) -> Shape:
        return (10,)

    def target(self) -> Target:
        return Target("values", 1)


SOURCE = Diabetes
