"""Windows that slide along one or two axes: sizes as PyTorch takes them, and how many windows fit."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, WrapValidator

from service.spec.frozen import MOST, Size
from service.spec.shapes import ShapeError

Extent = int | tuple[int, int]
Mode = Literal["same", "valid"]
_MODES = ("same", "valid")


def _checked(least: int, axes: int, words: Sequence[str] = ()) -> Callable[[Any, object], Any]:
    """One validator for the whole union, so that an error points at the field and not into one of its options."""
    pair = f", or a pair of them like [{least + 2}, {least + 2}]" if axes == 2 else ""
    named = "".join(f', or "{word}"' for word in words)

    def check(value: Any, _: object) -> Any:
        if isinstance(value, str) and value in words:
            return value
        numbers = tuple(value) if isinstance(value, list | tuple) and len(value) == axes == 2 else (value,)
        if not all(type(number) is int and least <= number <= MOST for number in numbers):
            raise ValueError(f"Send a whole number from {least} to {MOST}{pair}{named}.")
        return numbers if isinstance(value, list | tuple) else value

    return check


Padding = Annotated[int, Field(strict=True, ge=0, le=MOST)]
Sizes = Annotated[Extent, WrapValidator(_checked(1, 2), json_schema_input_type=Size | tuple[Size, Size])]
Paddings = Annotated[Extent, WrapValidator(_checked(0, 2), json_schema_input_type=Padding | tuple[Padding, Padding])]
PaddingOrMode = Annotated[int | Mode, WrapValidator(_checked(0, 1, _MODES), json_schema_input_type=Padding | Mode)]
PaddingsOrMode = Annotated[
    Extent | Mode,
    WrapValidator(_checked(0, 2, _MODES), json_schema_input_type=Padding | tuple[Padding, Padding] | Mode),
]


def per_axis(extent: Extent, axes: int) -> tuple[int, ...]:
    """One number for each of `axes` axes. Raises `ShapeError` for a pair where there is one axis."""
    if isinstance(extent, int):
        return (extent,) * axes
    if len(extent) != axes:
        raise ShapeError(f"they have one axis to slide along, and {list(extent)} is for two; give a single number.")
    return extent


def windows(size: int, kernel: int, stride: int, padding: tuple[int, int], dilation: int = 1) -> int:
    """How many windows fit on an axis of `size`, padded before and behind. Raises `ShapeError` where none does."""
    padded, reach = size + sum(padding), dilation * (kernel - 1) + 1
    if reach > padded:
        padded_by = f" and {sum(padding)} of padding" if sum(padding) else ""
        raise ShapeError(
            f"a window of {reach} does not fit on an axis of {size}{padded_by}; "
            "lower kernel_size, raise padding, or shrink less before this layer."
        )
    return (padded - reach) // stride + 1
