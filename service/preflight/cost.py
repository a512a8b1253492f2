"""What a layer costs for one sample, from its shapes alone, in exact integers."""

from dataclasses import dataclass
from math import prod

from service.spec.layers import Convolution, Dropout, Embedding, MaxPool, Recurrent, SelfAttention, WeightLayer
from service.spec.network import PlacedLayer
from service.spec.shapes import Shape

_KEPT_A_GATE = 5
"""Numbers that a unit keeps of each gate at every time step; measured on a CPU: LSTM 5 (oneDNN), GRU 3, plain 2."""
_OPERATIONS_OF_MANY = 8
"""What attention and convolutions take on a CPU, in the time that a small linear layer takes."""


@dataclass(frozen=True, slots=True)
class LayerCost:
    """A row of the table of layers, with what the layer costs for one sample."""

    depth: int
    layer: str
    kind: str
    function: str | None
    parameters: int
    shape: Shape
    """Output shape of one sample."""
    outputs: int
    """Numbers it puts out."""
    kept: int
    """Numbers it keeps besides, from the forward to the backward pass: gates, attention weights, indices."""
    flops: int
    """Operations of the forward pass; a multiplication and an addition count as two."""
    operations: int
    """How many small operations it is made of, one after another: a recurrent layer has some at every time step."""


def layer_costs(placed: tuple[PlacedLayer, ...]) -> tuple[LayerCost, ...]:
    """The rows of a run's layers, in depth order."""
    return tuple(_cost(depth, layer) for depth, layer in enumerate(placed))


def _cost(depth: int, placed: PlacedLayer) -> LayerCost:
    row = placed.row(depth)
    return LayerCost(
        depth=row.depth,
        layer=row.layer,
        kind=row.kind,
        function=row.function,
        parameters=row.parameters,
        shape=row.shape,
        outputs=prod(placed.out_shape),
        kept=_kept(placed),
        flops=2 * _multiply_adds(placed) + prod(placed.out_shape),
        operations=_operations(placed),
    )


def _multiply_adds(placed: PlacedLayer) -> int:
    matrices = [shape for shape in placed.parameter_shapes.values() if len(shape) > 1]
    match placed.layer:
        case Embedding():  # looks up and multiplies nothing
            return 0
        case Recurrent():
            return placed.in_shape[0] * sum(map(prod, matrices))
        case SelfAttention():  # and the scores, and the sums that they weigh
            time, features = placed.in_shape
            return time * sum(map(prod, matrices)) + 2 * time**2 * features
        case WeightLayer():  # each weight once wherever its unit puts out a number: at every pixel, at every time step
            return sum(prod(shape) * (prod(placed.out_shape) // shape[0]) for shape in matrices)
        case _:
            return 0


def _kept(placed: PlacedLayer) -> int:
    match placed.layer:
        case Recurrent() as layer:
            return placed.in_shape[0] * _stacked(layer) * _KEPT_A_GATE * layer.gates * layer.hidden_size
        case SelfAttention() as layer:  # queries, keys, values and their sums; the weights of every pair of times
            time, features = placed.in_shape
            return 4 * time * features + layer.num_heads * time**2
        case Dropout():
            return prod(placed.out_shape)
        case MaxPool():  # indices of 8 bytes
            return 2 * prod(placed.out_shape)
        case _:
            return 0


def _operations(placed: PlacedLayer) -> int:
    match placed.layer:
        case Recurrent() as layer:
            return placed.in_shape[0] * _stacked(layer) * (1 + layer.gates)
        case SelfAttention() | Convolution():
            return _OPERATIONS_OF_MANY
        case _:
            return 1


def _stacked(layer: Recurrent) -> int:
    """Passes over the sequence: those of every layer inside, in each direction."""
    return layer.num_layers * layer.directions
