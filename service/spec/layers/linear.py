"""Fully connected layers."""

from typing import ClassVar, Literal

from service.spec.data.view import View
from service.spec.frozen import Flag, Size
from service.spec.layers.layer import ModuleCall, WeightLayer
from service.spec.shapes import Shape, ShapeError


class Linear(WeightLayer):
    """Fully connected: y = x Wᵀ + b over the last dimension."""

    kind: Literal["linear"] = "linear"
    reads: ClassVar[View | None] = "vector"
    out_features: Size
    bias: Flag = True

    def out_shape(self, shape: Shape) -> Shape:
        if not shape:
            raise ShapeError("linear needs samples with at least one dimension.")
        return (*shape[:-1], self.out_features)

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        shapes: dict[str, Shape] = {"weight": (self.out_features, shape[-1])}
        return {**shapes, "bias": (self.out_features,)} if self.bias else shapes

    def module(self, shape: Shape) -> ModuleCall:
        return ModuleCall(
            "torch.nn:Linear",
            {"in_features": shape[-1], "out_features": self.out_features, "bias": self.bias},
        )
