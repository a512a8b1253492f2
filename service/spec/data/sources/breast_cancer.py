"""Tumors, malignant or benign."""

from typing import ClassVar, Literal

from service.spec.data.source import Source
from service.spec.shapes import Shape
from service.spec.targets import Target


class BreastCancer(Source):
    """569 tumors by thirty measurements of their cells, malignant (0) or benign (1); ships with scikit-learn."""

    kind: Literal["breast_cancer"] = "breast_cancer"
    reference: ClassVar[str] = "Street, Wolberg & Mangasarian 1993"

    def sample_count(self) -> int:
        return 569

    def sample_shape(self) -> Shape:
        return (30,)

    def target(self) -> Target:
        return Target("classes", 2)

    def class_shares(self, step: int) -> tuple[float, ...]:
        return 212 / 569, 357 / 569


SOURCE = BreastCancer
