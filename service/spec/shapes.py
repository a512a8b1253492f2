"""Shapes of one sample, batch dimension left out, in plain Python integers."""

from typing import Self

Shape = tuple[int, ...]


class Tokens(Shape):
    """The shape of samples that are indices below `vocabulary`; only an embedding reads those."""

    vocabulary: int

    def __new__(cls, shape: Shape, vocabulary: int) -> Self:
        tokens = super().__new__(cls, shape)
        tokens.vocabulary = vocabulary
        return tokens


def dimensions(shape: Shape) -> str:
    """How many dimensions a sample has, in words."""
    return "1 dimension" if len(shape) == 1 else f"{len(shape)} dimensions"


class ShapeError(ValueError):
    """A layer cannot take the shape that reaches it. The message says what to do; the walker adds the path."""
