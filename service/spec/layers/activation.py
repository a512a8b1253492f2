"""Activation layers."""

from typing import Literal

from service.spec.activations import ActivationFunction
from service.spec.layers.layer import Layer, ModuleCall
from service.spec.shapes import Shape


class Activation(ActivationFunction, Layer):
    """An activation function, element by element (softmax: over the last dimension)."""

    kind: Literal["activation"] = "activation"

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        return {"weight": (1,)} if self.function == "prelu" else {}

    def module(self, shape: Shape) -> ModuleCall:
        entry = self.entry
        own = {entry.renamed.get(name, name): value for name, value in self.parameters.items()}
        return ModuleCall(entry.target, {**own, **entry.arguments})
