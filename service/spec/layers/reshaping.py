"""Layers without weights that drop or reorder values."""

from math import prod
from typing import ClassVar, Literal

from service.spec.data.view import View
from service.spec.frozen import Fraction
from service.spec.layers.layer import Layer, ModuleCall
from service.spec.shapes import Shape, ShapeError


class Dropout(Layer):
    """Zeroes each value with probability p while training. Srivastava et al. 2014."""

    kind: Literal["dropout"] = "dropout"
    p: Fraction = 0.5

    def module(self, shape: Shape) -> ModuleCall:
        return ModuleCall("torch.nn:Dropout", {"p": self.p})


class Flatten(Layer):
    """Makes one vector of each sample."""

    kind: Literal["flatten"] = "flatten"

    def out_shape(self, shape: Shape) -> Shape:
        return (prod(shape),)

    def module(self, shape: Shape) -> ModuleCall:
        return ModuleCall("torch.nn:Flatten")


class Transpose(Layer):
    """Turns [time, features] into [channels, time] and back, so that recurrent layers and convolutions can follow."""

    kind: Literal["transpose"] = "transpose"
    reads: ClassVar[View | None] = "sequence"

    def out_shape(self, shape: Shape) -> Shape:
        if len(shape) != 2:
            raise ShapeError(f"transpose takes samples of 2 dimensions; these have {len(shape)}.")
        return shape[::-1]

    def module(self, shape: Shape) -> ModuleCall:
        return ModuleCall("worker.modules.transpose:Transpose")
