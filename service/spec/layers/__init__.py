"""The layer kinds. A further kind is one class in a file here and its name in `AnyLayer`."""

from typing import Annotated

from pydantic import Field

from service.spec.layers.activation import Activation
from service.spec.layers.containers import Repeat, Residual
from service.spec.layers.layer import Layer, ModuleCall, WeightLayer
from service.spec.layers.linear import Linear
from service.spec.layers.norms import NORMS, BatchNorm, LayerNorm
from service.spec.layers.reshaping import Dropout, Flatten

LAYER_KINDS: tuple[type[Layer], ...] = (
    Linear, Activation, BatchNorm, LayerNorm, Dropout, Flatten, Residual, Repeat,
)  # fmt: skip
AnyLayer = Annotated[
    Linear | Activation | BatchNorm | LayerNorm | Dropout | Flatten | Residual | Repeat,
    Field(discriminator="kind"),
]
for _container in (Repeat, Residual):
    _container.model_rebuild(_types_namespace={"AnyLayer": AnyLayer})

__all__ = [
    "LAYER_KINDS", "NORMS", "Activation", "AnyLayer", "BatchNorm", "Dropout", "Flatten", "Layer", "LayerNorm",
    "Linear", "ModuleCall", "Repeat", "Residual", "WeightLayer",
]  # fmt: skip
