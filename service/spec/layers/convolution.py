"""Convolutions, channels first."""

from typing import ClassVar, Literal

from service.spec.data.view import View
from service.spec.frozen import Flag, Size
from service.spec.layers.layer import ModuleCall, WeightLayer
from service.spec.layers.windows import (
    Extent,
    Mode,
    PaddingOrMode,
    PaddingsOrMode,
    Sizes,
    per_axis,
    windows,
)
from service.spec.shapes import Shape, ShapeError, dimensions


class Convolution(WeightLayer):
    """What both have in common; `axes` is the number of axes that the window slides along."""

    axes: ClassVar[int]
    laid_out: ClassVar[str]
    out_channels: Size
    kernel_size: Extent
    stride: Extent = 1
    padding: Extent | Mode = 0
    dilation: Extent = 1
    groups: Size = 1
    bias: Flag = True

    def out_shape(self, shape: Shape) -> Shape:
        if len(shape) != self.axes + 1:
            raise ShapeError(
                f"{self.kind} reads {self.laid_out} and these have {dimensions(shape)}; "
                "set data.shape, or put the layers that flatten or pool them behind it."
            )
        for name, channels in (("the channels that reach it", shape[0]), ("out_channels", self.out_channels)):
            if channels % self.groups:
                raise ShapeError(f"groups ({self.groups}) must divide {name} ({channels}).")
        if self.padding == "same" and set(self._per_axis(self.stride)) != {1}:
            raise ShapeError('padding "same" needs a stride of 1; give the padding in numbers.')
        sizes = zip(
            shape[1:],
            self._kernel,
            self._per_axis(self.stride),
            self._padding,
            self._per_axis(self.dilation),
            strict=True,
        )
        return (self.out_channels, *(windows(*axis) for axis in sizes))

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        shapes: dict[str, Shape] = {"weight": (self.out_channels, shape[0] // self.groups, *self._kernel)}
        return {**shapes, "bias": (self.out_channels,)} if self.bias else shapes

    def module(self, shape: Shape) -> ModuleCall:
        before = tuple(before for before, _ in self._padding)
        beyond = tuple(behind - before for before, behind in self._padding)
        arguments = {
            "in_channels": shape[0],
            "out_channels": self.out_channels,
            "kernel_size": self._kernel,
            "stride": self._per_axis(self.stride),
            "padding": before,
            "dilation": self._per_axis(self.dilation),
            "groups": self.groups,
            "bias": self.bias,
        }
        if any(beyond):
            return ModuleCall(f"worker.modules.convolution:Conv{self.axes}d", {**arguments, "beyond": beyond})
        return ModuleCall(f"torch.nn:Conv{self.axes}d", arguments)

    @property
    def _kernel(self) -> tuple[int, ...]:
        return self._per_axis(self.kernel_size)

    @property
    def _padding(self) -> tuple[tuple[int, int], ...]:
        """Before and behind every axis. With an even kernel "same" pads one more behind, as PyTorch does."""
        match self.padding:
            case "valid":
                return ((0, 0),) * self.axes
            case "same":
                reach = zip(self._kernel, self._per_axis(self.dilation), strict=True)
                beyond = [dilation * (kernel - 1) for kernel, dilation in reach]
                return tuple((both // 2, both - both // 2) for both in beyond)
            case numbers:
                return tuple((one, one) for one in self._per_axis(numbers))

    def _per_axis(self, extent: Extent) -> tuple[int, ...]:
        return per_axis(extent, self.axes)


class Conv1d(Convolution):
    """Convolution along time: one weight for each channel and place in the window, the same at every time step."""

    kind: Literal["conv1d"] = "conv1d"
    reads: ClassVar[View | None] = "signal"
    axes: ClassVar[int] = 1
    laid_out: ClassVar[str] = "signals [channels, time]"
    kernel_size: Size
    stride: Size = 1
    padding: PaddingOrMode = 0
    """A number, `same` (as long as what reaches it; stride 1) or `valid` (0)."""
    dilation: Size = 1


class Conv2d(Convolution):
    """Convolution over images: one weight for each channel and pixel of the window, the same everywhere. LeCun 1989."""

    kind: Literal["conv2d"] = "conv2d"
    reads: ClassVar[View | None] = "image"
    axes: ClassVar[int] = 2
    laid_out: ClassVar[str] = "images [channels, height, width]"
    kernel_size: Sizes
    """A number, or [height, width]."""
    stride: Sizes = 1
    padding: PaddingsOrMode = 0
    """A number, [height, width], `same` (as large as what reaches it; stride 1) or `valid` (0)."""
    dilation: Sizes = 1
