"""The layer kinds. A further kind is one class in a file here and its name in `LAYER_KINDS`."""

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from service.spec.layers.activation import Activation
from service.spec.layers.attention import SelfAttention
from service.spec.layers.containers import Repeat, Residual
from service.spec.layers.convolution import Conv1d, Conv2d, Convolution
from service.spec.layers.embedding import Embedding
from service.spec.layers.layer import Layer, ModuleCall, WeightLayer
from service.spec.layers.linear import Linear
from service.spec.layers.norms import NORMS, BatchNorm, GroupNorm, LayerNorm
from service.spec.layers.pooling import AvgPool, GlobalAvgPool, MaxPool
from service.spec.layers.positional_encoding import PositionalEncoding
from service.spec.layers.recurrent import GRU, LSTM, RNN, Recurrent
from service.spec.layers.reshaping import Dropout, Flatten, Transpose

LAYER_KINDS: tuple[type[Layer], ...] = (
    Linear, Conv1d, Conv2d, Activation, BatchNorm, LayerNorm, GroupNorm, Dropout, Flatten, Transpose,
    MaxPool, AvgPool, GlobalAvgPool, Embedding, RNN, LSTM, GRU, SelfAttention, PositionalEncoding, Residual, Repeat,
)  # fmt: skip
if TYPE_CHECKING:
    AnyLayer = Layer
else:
    AnyLayer = Annotated[Union[LAYER_KINDS], Field(discriminator="kind")]  # noqa: UP007 (built at run time)
for _container in (Repeat, Residual):
    _container.model_rebuild(_types_namespace={"AnyLayer": AnyLayer})

__all__ = [
    "GRU", "LAYER_KINDS", "LSTM", "NORMS", "RNN", "Activation", "AnyLayer", "AvgPool", "BatchNorm", "Conv1d", "Conv2d",
    "Convolution", "Dropout", "Embedding", "Flatten", "GlobalAvgPool", "GroupNorm", "Layer", "LayerNorm", "Linear",
    "MaxPool", "ModuleCall", "PositionalEncoding", "Recurrent", "Repeat", "Residual", "SelfAttention", "Transpose",
    "WeightLayer",
]  # fmt: skip
