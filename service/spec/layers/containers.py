"""Layers made of layers."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from service.spec.layers.layer import Layer, ModuleCall, WeightLayer
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
    """x + layers(x). Projects the skip path by a bias-free linear map where the shapes differ. He et al. 2016."""

    kind: Literal["residual"] = "residual"
    layers: Annotated[tuple["AnyLayer", ...], Field(min_length=1, max_length=MAX_LAYERS)]

    def out_shape(self, shape: Shape) -> Shape:
        body = shape_behind(self.layers, shape)
        if body != shape and (not shape or body[:-1] != shape[:-1]):
            raise ShapeError(
                f"the skip path has shape {shape} and the layers inside give {body}; "
                "only the last dimension can be projected, so keep the others."
            )
        return body

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        out = self.out_shape(shape)
        return {} if out == shape else {"weight": (out[-1], shape[-1])}

    def module(self, shape: Shape) -> ModuleCall:
        """The skip path's projection; identity where the shapes agree."""
        out = self.out_shape(shape)
        if out == shape:
            return ModuleCall("torch.nn:Identity")
        return ModuleCall("torch.nn:Linear", {"in_features": shape[-1], "out_features": out[-1], "bias": False})


def shape_behind(layers: tuple["AnyLayer", ...], shape: Shape) -> Shape:
    """Shape of one sample behind `layers`, one after another."""
    for layer in layers:
        if isinstance(layer, Repeat):
            for _ in range(layer.times):
                shape = shape_behind(layer.layers, shape)
        else:
            shape = layer.out_shape(shape)
    return shape
