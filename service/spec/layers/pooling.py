"""Layers that gather what lies side by side, channels first."""

from typing import ClassVar, Literal

from service.spec.data.view import View
from service.spec.layers.layer import Layer, ModuleCall
from service.spec.layers.windows import Extent, Paddings, Sizes, per_axis, windows
from service.spec.shapes import Shape, ShapeError, dimensions


class Pool(Layer):
    """What both have in common: along time for [channels, time], over pixels for [channels, height, width]."""

    reads: ClassVar[View | None] = "channels"
    torch_name: ClassVar[str]
    kernel_size: Sizes
    """A number, or [height, width]."""
    stride: Sizes | None = None
    """Default kernel_size: windows that do not overlap."""
    padding: Paddings = 0
    """At most half the window."""

    def out_shape(self, shape: Shape) -> Shape:
        _check_layout(self.kind, shape)
        axes = len(shape) - 1
        kernel, stride, padding = (per_axis(one, axes) for one in (self.kernel_size, self._stride, self.padding))
        for window, padded in zip(kernel, padding, strict=True):
            if 2 * padded > window:
                raise ShapeError(f"padding ({padded}) may be at most half of kernel_size ({window}).")
        pairs = ((one, one) for one in padding)
        return (shape[0], *map(windows, shape[1:], kernel, stride, pairs))

    def module(self, shape: Shape) -> ModuleCall:
        arguments = {"kernel_size": self.kernel_size, "stride": self._stride, "padding": self.padding}
        return ModuleCall(f"torch.nn:{self.torch_name}{len(shape) - 1}d", arguments)

    @property
    def _stride(self) -> Extent:
        return self.kernel_size if self.stride is None else self.stride


class MaxPool(Pool):
    """The largest value of each window. Where windows do not overlap, one value in each gets all of the gradient."""

    kind: Literal["max_pool"] = "max_pool"
    torch_name: ClassVar[str] = "MaxPool"


class AvgPool(Pool):
    """The mean of each window, its padding counted as zeros; every value in it gets the same share of the gradient."""

    kind: Literal["avg_pool"] = "avg_pool"
    torch_name: ClassVar[str] = "AvgPool"


class GlobalAvgPool(Layer):
    """The mean of each channel: one number per channel is left. Lin et al. 2013."""

    kind: Literal["global_avg_pool"] = "global_avg_pool"
    reads: ClassVar[View | None] = "channels"

    def out_shape(self, shape: Shape) -> Shape:
        _check_layout(self.kind, shape)
        return shape[:1]

    def module(self, shape: Shape) -> ModuleCall:
        return ModuleCall("worker.modules.pooling:GlobalAvgPool")


def _check_layout(kind: str, shape: Shape) -> None:
    if len(shape) not in {2, 3}:
        raise ShapeError(
            f"{kind} reads [channels, time] or [channels, height, width] and these have {dimensions(shape)}; "
            "put it before the layers that flatten them, or set data.shape."
        )
