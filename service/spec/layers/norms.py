"""Normalization layers."""

from math import prod
from typing import Annotated, Literal

from pydantic import Field

from service.spec.frozen import Flag, Positive, Size
from service.spec.layers.layer import Layer, ModuleCall
from service.spec.shapes import Shape, ShapeError


class BatchNorm(Layer):
    """Normalizes every channel over the batch. Ioffe & Szegedy 2015."""

    kind: Literal["batch_norm"] = "batch_norm"
    eps: Positive = 1e-5
    momentum: Annotated[float, Field(strict=True, ge=0, le=1)] = 0.1
    affine: Flag = True

    def out_shape(self, shape: Shape) -> Shape:
        if not 1 <= len(shape) <= 3:
            raise ShapeError(f"batch_norm takes samples of 1 to 3 dimensions, channels first; these have {len(shape)}.")
        return shape

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        return {"weight": shape[:1], "bias": shape[:1]} if self.affine else {}

    def module(self, shape: Shape) -> ModuleCall:
        target = "torch.nn:BatchNorm2d" if len(shape) == 3 else "torch.nn:BatchNorm1d"
        arguments = {"num_features": shape[0], "eps": self.eps, "momentum": self.momentum, "affine": self.affine}
        return ModuleCall(target, arguments)


class LayerNorm(Layer):
    """Normalizes every sample over its last dimension. Ba et al. 2016."""

    kind: Literal["layer_norm"] = "layer_norm"
    eps: Positive = 1e-5
    elementwise_affine: Flag = True
    bias: Flag = True

    def out_shape(self, shape: Shape) -> Shape:
        if not shape:
            raise ShapeError("layer_norm needs samples with at least one dimension.")
        return shape

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        names = ("weight", "bias") if self.bias else ("weight",)
        return dict.fromkeys(names, shape[-1:]) if self.elementwise_affine else {}

    def module(self, shape: Shape) -> ModuleCall:
        arguments = {
            "normalized_shape": shape[-1:],
            "eps": self.eps,
            "elementwise_affine": self.elementwise_affine,
            "bias": self.bias,
        }
        return ModuleCall("torch.nn:LayerNorm", arguments)


class GroupNorm(Layer):
    """Normalizes every sample over groups of channels, channels first; the batch plays no part. Wu & He 2018."""

    kind: Literal["group_norm"] = "group_norm"
    num_groups: Size
    eps: Positive = 1e-5
    affine: Flag = True

    def out_shape(self, shape: Shape) -> Shape:
        if not shape:
            raise ShapeError("group_norm needs samples with at least one dimension.")
        if shape[0] % self.num_groups:
            raise ShapeError(f"num_groups ({self.num_groups}) must divide the channels ({shape[0]}).")
        if prod(shape) == self.num_groups:
            raise ShapeError("every group would hold one value, which normalizes to zero; lower num_groups.")
        return shape

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        return {"weight": shape[:1], "bias": shape[:1]} if self.affine else {}

    def module(self, shape: Shape) -> ModuleCall:
        arguments = {"num_groups": self.num_groups, "num_channels": shape[0], "eps": self.eps, "affine": self.affine}
        return ModuleCall("torch.nn:GroupNorm", arguments)


NORMS = (BatchNorm, LayerNorm, GroupNorm)
