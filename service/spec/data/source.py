"""What every data source says of itself."""

from typing import ClassVar

from service.spec.frozen import Frozen
from service.spec.shapes import Shape
from service.spec.targets import Target


class Source(Frozen):
    """Where samples come from: their number, the shape of one, and what is to be predicted."""

    kind: str
    reference: ClassVar[str] = ""

    def sample_count(self) -> int:
        """How many samples there are."""
        raise TypeError(f"{type(self).__name__} must say how many samples it has")

    def sample_shape(self) -> Shape:
        """Shape of one sample."""
        raise TypeError(f"{type(self).__name__} must say the shape of a sample")

    def target(self) -> Target:
        """What is to be predicted."""
        raise TypeError(f"{type(self).__name__} must say its target")
