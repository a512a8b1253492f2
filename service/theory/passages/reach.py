"""Which numbers a weight layer sums over, and which gradients flow back into each of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Protocol, cast

import numpy as np

from service.spec.layers import Convolution
from service.spec.layers.windows import per_axis
from service.spec.network import PlacedLayer
from service.spec.shapes import Shape
from service.theory.functions import Array
from service.theory.windows import gathered, scattered


class Reach(Protocol):
    """How mean squares pass a layer whose weights have variance 1 / fan_in, and 1, on the way back."""

    def forward(self, squares: Array) -> Array:
        """The mean over what each output sums."""

    def back(self, squares: Array) -> Array:
        """The sum over the outputs that each input is part of."""


@dataclass(frozen=True, slots=True)
class Features:
    """All of the last axis."""

    outputs: int

    def forward(self, squares: Array) -> Array:
        return np.asarray(squares.mean(axis=-1, keepdims=True))

    def back(self, squares: Array) -> Array:
        return np.asarray(squares.mean(axis=-1, keepdims=True)) * self.outputs


@dataclass(frozen=True, slots=True)
class Axis:
    """The windows along one axis of positions."""

    size: int
    outputs: int
    kernel: int
    stride: int
    padding: tuple[int, int]
    dilation: int


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of positions, over all channels of a group."""

    axes: tuple[Axis, ...]
    outputs: int
    """Channels of a group that read an input."""

    def forward(self, squares: Array) -> Array:
        squares = _spread(squares, [axis.size for axis in self.axes])
        for number, axis in enumerate(self.axes, start=2):
            squares = (
                gathered(
                    squares, number,
                    kernel=axis.kernel, stride=axis.stride, padding=axis.padding, dilation=axis.dilation,
                )
                / axis.kernel
            )  # fmt: skip
        return squares

    def back(self, squares: Array) -> Array:
        squares = _spread(squares, [axis.outputs for axis in self.axes]) * self.outputs
        for number, axis in enumerate(self.axes, start=2):
            squares = scattered(
                squares, number,
                size=axis.size, kernel=axis.kernel, stride=axis.stride, padding=axis.padding, dilation=axis.dilation,
            )  # fmt: skip
        return squares


def reach_of(placed: PlacedLayer) -> Reach:
    """Of a linear layer, a convolution, or the projection of a skip path, which is one of both."""
    weight = placed.parameter_shapes["weight"]
    if len(weight) == 2:
        return Features(weight[0])
    groups = placed.layer.groups if isinstance(placed.layer, Convolution) else 1
    return Windows(axes_of(placed), weight[0] // groups)


def axes_of(placed: PlacedLayer) -> tuple[Axis, ...]:
    """The axes that the windows of a convolution or a pool slide along."""
    arguments = placed.layer.module(placed.in_shape).arguments
    count = len(placed.in_shape) - 1

    def each(name: str, default: int) -> Sequence[int]:
        return per_axis(cast("int | tuple[int, int]", arguments.get(name, default)), count)

    beyond = cast("tuple[int, ...]", arguments.get("beyond", (0,) * count))
    paddings = [(before, before + more) for before, more in zip(each("padding", 0), beyond, strict=True)]
    return tuple(
        Axis(*axis)
        for axis in zip(
            placed.in_shape[1:], placed.out_shape[1:], each("kernel_size", 1), each("stride", 1), paddings,
            each("dilation", 1), strict=True,
        )
    )  # fmt: skip


def positions(shape: Shape) -> int:
    """How many there are of each channel."""
    return prod(shape[1:])


def _spread(squares: Array, sizes: Sequence[int]) -> Array:
    """[groups, 1, *sizes]"""
    over_channels = squares.mean(axis=1, keepdims=True)
    return np.broadcast_to(over_channels, (len(squares), 1, *sizes))
