"""Gaussian clouds."""

from typing import Annotated, Literal

from pydantic import Field

from service.spec.data.source import Drawn
from service.spec.frozen import NonNegative
from service.spec.shapes import Shape
from service.spec.targets import Target


class Blobs(Drawn):
    """Isotropic Gaussian clouds around random centers, one class each."""

    kind: Literal["blobs"] = "blobs"
    n_features: Annotated[int, Field(strict=True, ge=1, le=10_000)] = 2
    centers: Annotated[int, Field(strict=True, ge=2, le=1000)] = 3
    cluster_std: NonNegative = 1.0

    def sample_shape(self) -> Shape:
        return (self.n_features,)

    def target(self) -> Target:
        return Target("classes", self.centers)


SOURCE = Blobs
