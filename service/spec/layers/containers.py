"""Layers made of layers."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from service.spec.layers.convolution import Conv1d, Conv2d, Convolution
from service.spec.layers.layer import Layer, ModuleCall, WeightLayer
from service.spec.layers.linear import Linear
from service.spec.shapes import Shape, ShapeError

if TYPE_CHECKING:
    from service.spec.layers import AnyLayer

MAX_LAYERS = 512


class Repeat(Layer):
    """The same layers `times` times over, each time with weights of its own."""

    kind: Literal["repeat"] = "repeat"
    times: Annotated[int, Field(strict=True, ge=1, le=MAX_LAYERS)]
    layers: Annotated[tuple["AnyLayer", ...], Field(min_length=1, max_length=MAX_LAYERS)]


class Residual(WeightLayer):
    """x + layers(x). The skip path is projected without a bias where the shapes differ. He et al. 2016.

    By a linear map of the last dimension; around convolutions by one of the channels, a convolution of size 1 with the
    stride that the shapes ask for.
    """

    kind: Literal["residual"] = "residual"
    layers: Annotated[tuple["AnyLayer", ...], Field(min_length=1, max_length=MAX_LAYERS)]

    def out_shape(self, shape: Shape) -> Shape:
        body = shape_behind(self.layers, shape)
        self._projection(shape, body)
        return body

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        projection = self._projection(shape, shape_behind(self.layers, shape))
        return projection.parameter_shapes(shape) if projection else {}

    def module(self, shape: Shape) -> ModuleCall:
        """The skip path's projection; identity where the shapes agree."""
        projection = self._projection(shape, shape_behind(self.layers, shape))
        return projection.module(shape) if projection else ModuleCall("torch.nn:Identity")

    def _projection(self, shape: Shape, body: Shape) -> Layer | None:
        """The layer on the skip path, if it needs one. Raises `ShapeError` where there is none that does it."""
        if body == shape:
            return None
        # Unchecked: sizes inside may add up to more than a layer can be asked for.
        match _first_weight(self.layers):
            case Convolution(axes=axes) if len(shape) == len(body) == axes + 1:
                match tuple(map(_stride, shape[1:], body[1:])):
                    case (along,):
                        return Conv1d.model_construct(out_channels=body[0], kernel_size=1, stride=along, bias=False)
                    case (down, across):
                        strides = (down, across)
                        return Conv2d.model_construct(out_channels=body[0], kernel_size=1, stride=strides, bias=False)
            case Convolution():
                pass
            case _ if shape and body[:-1] == shape[:-1]:
                return Linear.model_construct(out_features=body[-1], bias=False)
        raise ShapeError(
            f"the layers inside give {list(body)}, and no projection of the skip path does; around convolutions keep "
            "the axes or shrink them by a stride, around other layers keep all dimensions but the last."
        )


def _first_weight(layers: tuple["AnyLayer", ...]) -> WeightLayer | None:
    for layer in layers:
        inner = _first_weight(layer.layers) if isinstance(layer, Repeat | Residual) else layer
        if isinstance(inner, WeightLayer):
            return inner
    return None


def _stride(size: int, wanted: int) -> int:
    """The smallest stride that makes `wanted` of `size`. Raises `ShapeError` where none does."""
    stride = (size - 1) // wanted + 1
    if (size - 1) // stride + 1 != wanted:
        raise ShapeError(
            f"no stride makes {wanted} of the skip path's {size}; choose padding and stride inside so that the size "
            'stays (padding "same") or is halved.'
        )
    return stride


def shape_behind(layers: tuple["AnyLayer", ...], shape: Shape) -> Shape:
    """Shape of one sample behind `layers`, one after another."""
    for layer in layers:
        if isinstance(layer, Repeat):
            for _ in range(layer.times):
                shape = shape_behind(layer.layers, shape)
        else:
            shape = layer.out_shape(shape)
    return shape
