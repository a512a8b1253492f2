"""Layers without weights that drop or reorder values."""

from math import prod
from typing import Literal

from service.spec.frozen import Fraction
from service.spec.layers.layer import Layer, ModuleCall
from service.spec.shapes import Shape


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
