"""Self-attention."""

from typing import ClassVar, Literal

from service.spec.data.view import View
from service.spec.frozen import Flag, Size
from service.spec.layers.layer import ModuleCall, WeightLayer
from service.spec.layers.sequences import check_sequence
from service.spec.shapes import Shape, ShapeError


class SelfAttention(WeightLayer):
    """Every time step reads all others, weighted by how well they match; as wide as its input. Vaswani et al. 2017."""

    kind: Literal["self_attention"] = "self_attention"
    reads: ClassVar[View | None] = "sequence"
    num_heads: Size = 1
    """Matchings side by side, each with its share of the features."""
    causal: Flag = False
    """Whether a time step reads only itself and those before it."""
    bias: Flag = True

    def out_shape(self, shape: Shape) -> Shape:
        check_sequence(self.kind, shape)
        if shape[1] % self.num_heads:
            raise ShapeError(f"num_heads ({self.num_heads}) must divide the features ({shape[1]}).")
        return shape

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        features = shape[-1]
        weights: dict[str, Shape] = {
            "in_proj_weight": (3 * features, features),
            "out_proj.weight": (features, features),
        }
        biases: dict[str, Shape] = {"in_proj_bias": (3 * features,), "out_proj.bias": (features,)}
        return {**weights, **biases} if self.bias else weights

    def module(self, shape: Shape) -> ModuleCall:
        arguments = {
            "embed_dim": shape[-1], "num_heads": self.num_heads, "causal": self.causal, "bias": self.bias,
        }  # fmt: skip
        return ModuleCall("worker.modules.attention:SelfAttention", arguments)
