"""What layers that read sequences have in common."""

from service.spec.shapes import Shape, ShapeError, dimensions


def check_sequence(kind: str, shape: Shape) -> None:
    """Raises `ShapeError` unless samples are [time, features]."""
    if len(shape) != 2:
        remedy = (
            "let the layer before it put out a sequence, or set data.shape"
            if len(shape) < 2
            else "reduce images to vectors by flatten and use linear, or set data.shape"
        )
        raise ShapeError(f"{kind} reads sequences [time, features] and these have {dimensions(shape)}; {remedy}.")
