"""A random network to be imitated."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from service.spec.data.source import Drawn
from service.spec.frozen import Fraction
from service.spec.shapes import Shape
from service.spec.targets import Target


class Regression(Drawn):
    """What a random tanh network, the teacher, answers to Gaussian samples, each output of unit variance."""

    kind: Literal["regression"] = "regression"
    reference: ClassVar[str] = "Gardner & Derrida 1989"
    n_features: Annotated[int, Field(strict=True, ge=1, le=10_000)] = 10
    n_outputs: Annotated[int, Field(strict=True, ge=1, le=1000)] = 1
    width: Annotated[int, Field(strict=True, ge=1, le=256)] = 32
    """Units in each hidden layer of the teacher."""
    depth: Annotated[int, Field(strict=True, ge=1, le=8)] = 1
    """Hidden layers of the teacher."""
    noise: Fraction = 0.0
    """Share of the targets' variance that is noise, and so the least mean squared error on new samples."""

    def sample_shape(self) -> Shape:
        return (self.n_features,)

    def target(self) -> Target:
        return Target("values", self.n_outputs)

    def target_mean(self) -> float:
        return 0.0

    def target_variance(self) -> float:
        return 1.0


SOURCE = Regression
