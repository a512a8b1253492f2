"""What every layer kind says of itself: its output shape, its parameters and the module that trains it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from service.spec.data.view import View
from service.spec.frozen import Frozen, Name
from service.spec.initializers import AnyInit
from service.spec.shapes import Shape


@dataclass(frozen=True, slots=True)
class ModuleCall:
    """The module that trains a layer: `target` as `package.module:Class`, and its arguments."""

    target: str
    arguments: Mapping[str, object] = field(default_factory=dict)


class Layer(Frozen):
    """A layer kind: fields, and pure functions of the shape of one sample that reaches it."""

    kind: str
    reads: ClassVar[View | None] = None
    """How the samples must lie when this layer reads them first; None where any layout will do."""
    name: Name | None = None
    """A label; the service puts the depth before it, and keeps 64 characters of both."""

    def out_shape(self, shape: Shape) -> Shape:
        """Shape of one sample behind this layer. Raises `ShapeError` where it cannot take `shape`."""
        return shape

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        """Shapes of the trainable tensors, by PyTorch's parameter names."""
        return {}

    def module(self, shape: Shape) -> ModuleCall:
        """The module to build for samples of `shape`."""
        raise TypeError(f"{self.kind} is a container; its layers are built one by one")


class WeightLayer(Layer):
    """A layer with weight matrices: it has a pre-activation, an init and a backward signal of its own."""

    init: AnyInit | None = None
    """Overrides the network's init for this layer."""
