"""Positions, for layers that cannot tell them."""

from typing import ClassVar, Literal

from service.spec.data.view import View
from service.spec.frozen import Flag
from service.spec.layers.layer import Layer, ModuleCall
from service.spec.layers.sequences import check_sequence
from service.spec.shapes import Shape


class PositionalEncoding(Layer):
    """Adds to every time step a vector that tells its position: sines of many wavelengths. Vaswani et al. 2017."""

    kind: Literal["positional_encoding"] = "positional_encoding"
    reads: ClassVar[View | None] = "sequence"
    learned: Flag = False
    """A trained vector for each position instead, started as N(0, 0.02²), as BERT does."""

    def out_shape(self, shape: Shape) -> Shape:
        check_sequence(self.kind, shape)
        return shape

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        return {"weight": shape} if self.learned else {}

    def module(self, shape: Shape) -> ModuleCall:
        name = "LearnedPositions" if self.learned else "Sinusoids"
        return ModuleCall(f"worker.modules.positions:{name}", {"time": shape[0], "features": shape[1]})
