"""Shapes of one sample, batch dimension left out, in plain Python integers."""

Shape = tuple[int, ...]


class ShapeError(ValueError):
    """A layer cannot take the shape that reaches it. The message says what to do; the walker adds the path."""
