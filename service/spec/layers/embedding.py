"""Embeddings of tokens."""

from typing import ClassVar, Literal

from service.spec.data.view import View
from service.spec.frozen import Size
from service.spec.layers.layer import ModuleCall, WeightLayer
from service.spec.shapes import Shape, ShapeError, Tokens


class Embedding(WeightLayer):
    """A vector for each token, looked up. Starts as N(0, 1) unless it brings its own init. Bengio et al. 2003.

    The network's init is about layers that sum over their inputs and does not touch it.
    """

    kind: Literal["embedding"] = "embedding"
    reads: ClassVar[View | None] = "tokens"
    embedding_dim: Size
    num_embeddings: Size | None = None
    """Default: as many as the data has tokens."""

    def out_shape(self, shape: Shape) -> Shape:
        return (*shape, self.parameter_shapes(shape)["weight"][1])

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        if not isinstance(shape, Tokens):
            raise ShapeError("embedding reads tokens and these are numbers; leave it out, or take a source of tokens.")
        rows = self.num_embeddings or shape.vocabulary
        if rows < shape.vocabulary:
            raise ShapeError(f"the data has {shape.vocabulary} tokens and num_embeddings is {rows}; raise it.")
        return {"weight": (rows, self.embedding_dim)}

    def module(self, shape: Shape) -> ModuleCall:
        rows, width = self.parameter_shapes(shape)["weight"]
        return ModuleCall("torch.nn:Embedding", {"num_embeddings": rows, "embedding_dim": width})
