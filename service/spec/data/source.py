"""What every data source says of itself."""

from typing import Annotated, ClassVar

from pydantic import Field

from service.spec.frozen import Frozen, Seed
from service.spec.shapes import Shape
from service.spec.targets import Target


class Source(Frozen):
    """Where samples come from: their number, the shape of one, and what is to be predicted."""

    kind: str
    reference: ClassVar[str] = ""
    normalizes_target: ClassVar[bool] = False
    """Whether real-valued targets come in units of their own, and are put to zero mean and unit variance."""

    def sample_count(self) -> int:
        """How many samples there are."""
        raise TypeError(f"{type(self).__name__} must say how many samples it has")

    def sample_shape(self) -> Shape:
        """Natural shape of one sample: [features], [time, features], [channels, height, width], or `Tokens` [time]."""
        raise TypeError(f"{type(self).__name__} must say the shape of a sample")

    def target(self) -> Target:
        """What is to be predicted."""
        raise TypeError(f"{type(self).__name__} must say its target")

    def class_shares(self, step: int) -> tuple[float, ...]:
        """How frequent each class is at a time step, for targets that are classes; about."""
        classes = self.target().size
        return (1 / classes,) * classes

    def target_mean(self) -> float | None:
        """Mean of real-valued targets as they come, about; None where it is not known beforehand."""
        return None

    def target_variance(self) -> float | None:
        """Variance of real-valued targets as they come, about; None where it is not known beforehand."""
        return None


SampleCount = Annotated[int, Field(strict=True, ge=4, le=1_000_000)]


class Drawn(Source):
    """A source that draws as many samples as are asked for, always the same under one seed."""

    n_samples: SampleCount = 1000
    seed: Seed = 0

    def sample_count(self) -> int:
        return self.n_samples
