"""A network: layers and how they start. Unrolling, naming and torch-free shape inference."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Annotated

from pydantic import Field

from service.errors import InvalidExperiment
from service.spec.data.view import View
from service.spec.frozen import Frozen
from service.spec.initializers import TORCH_DEFAULT, AnyInit
from service.spec.layers import Activation, AnyLayer, Dropout, Flatten, Repeat, Residual, WeightLayer
from service.spec.layers.containers import MAX_LAYERS
from service.spec.shapes import Shape, ShapeError, Tokens

_NUMBERED = re.compile(r"^\d{2,} ")
_LONGEST_NAME = 64
"""Half of what `Name` admits: remedies put their own kinds behind it."""


class Network(Frozen):
    """Layers in depth order, and the init of those that do not bring their own."""

    layers: Annotated[tuple[AnyLayer, ...], Field(min_length=1, max_length=MAX_LAYERS)]
    init: AnyInit = TORCH_DEFAULT
    """How weights and biases start; embeddings start as N(0, 1) unless they bring an init of their own."""


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer of an unrolled network, as every trace, finding and table names it."""

    depth: int
    layer: str
    kind: str
    function: str | None
    parameters: int
    shape: Shape
    """Output shape of one sample."""


@dataclass(frozen=True, slots=True)
class PlacedLayer:
    """A layer and the shape that reaches it. `pointer` leads to it in the experiment it was placed in."""

    name: str
    pointer: str
    layer: AnyLayer
    in_shape: Shape
    out_shape: Shape

    @property
    def parameter_shapes(self) -> dict[str, Shape]:
        """Shapes of the trainable tensors by PyTorch's names; a residual's are those of its projection."""
        return self.layer.parameter_shapes(self.in_shape)

    @property
    def parameters(self) -> int:
        """Number of trainable numbers, exact."""
        return sum(prod(shape) for shape in self.parameter_shapes.values())

    @property
    def has_weight(self) -> bool:
        """Whether this layer has weight matrices, and so a backward signal of its own."""
        return isinstance(self.layer, WeightLayer) and bool(self.parameter_shapes)

    def row(self, depth: int) -> LayerRow:
        """This layer as a row of the table of layers."""
        function = self.layer.function if isinstance(self.layer, Activation) else None
        return LayerRow(depth, self.name, self.layer.kind, function, self.parameters, self.out_shape)


def layer_count(layers: tuple[AnyLayer, ...]) -> int:
    """How many layers there are, repeats multiplied out and each residual counted too, by arithmetic alone."""
    total = 0
    for layer in layers:
        match layer:
            case Repeat():
                total += layer.times * layer_count(layer.layers)
            case Residual():
                total += 1 + layer_count(layer.layers)
            case _:
                total += 1
    return total


def unroll(network: Network) -> Network:
    """Multiplies out repeats and names every layer by its depth: `"00 linear"`, `"01 activation"`, `"01 residual"`.

    Names given here survive every later edit, so traces of the sick and the remedied network line up.
    Raises `InvalidExperiment` when there are more than `MAX_LAYERS` layers.
    """
    count = layer_count(network.layers)
    if count > MAX_LAYERS:
        detail = f"{count} layers; at most {MAX_LAYERS} are admitted. Lower `times`."
        raise InvalidExperiment(detail, errors=[{"pointer": "/network/layers", "detail": detail}])
    naming = _Naming(width=max(2, len(str(count - 1))), taken=_own_names(network.layers))
    return network.model_copy(update={"layers": tuple(_unrolled(network.layers, naming))})


class _Naming:
    def __init__(self, width: int, taken: Counter[str]) -> None:
        self.width = width
        self.taken = taken
        self.leaves = 0
        self.given: set[str] = set()

    def name(self, layer: AnyLayer) -> str:
        if layer.name and _NUMBERED.match(layer.name) and self.taken[layer.name] == 1:
            name = layer.name  # named by an earlier unrolling
        else:
            label = _NUMBERED.sub("", layer.name or "") or layer.kind
            number = max(self.leaves - 1, 0) if isinstance(layer, Residual) else self.leaves
            name = f"{number:0{self.width}d} {label}"
        name = name[:_LONGEST_NAME]
        unique, copies = name, 1
        while unique in self.given:
            copies += 1
            unique = f"{name} {copies}"
        self.given.add(unique)
        if not isinstance(layer, Residual):
            self.leaves += 1
        return unique


def _own_names(layers: tuple[AnyLayer, ...], times: int = 1) -> Counter[str]:
    names: Counter[str] = Counter()
    for layer in layers:
        if isinstance(layer, Repeat | Residual):
            names += _own_names(layer.layers, times * (layer.times if isinstance(layer, Repeat) else 1))
        if layer.name:
            names[layer.name] += times
    return names


def _unrolled(layers: tuple[AnyLayer, ...], naming: _Naming) -> Iterator[AnyLayer]:
    for layer in layers:
        if isinstance(layer, Repeat):
            for _ in range(layer.times):
                yield from _unrolled(layer.layers, naming)
        elif isinstance(layer, Residual):
            inner = tuple(_unrolled(layer.layers, naming))
            yield layer.model_copy(update={"layers": inner, "name": naming.name(layer)})
        else:
            yield layer.model_copy(update={"name": naming.name(layer)})


def place(network: Network, shape: Shape, pointer: str = "/network/layers") -> tuple[PlacedLayer, ...]:
    """Every layer with the shape that reaches it, in depth order, a residual behind the layers inside it.

    `shape` is that of one sample of the data. Raises `InvalidExperiment` with the path of the layer that fails.
    """
    placed: list[PlacedLayer] = []
    _place(network.layers, shape, pointer, placed)
    return tuple(placed)


def _place(layers: tuple[AnyLayer, ...], shape: Shape, pointer: str, placed: list[PlacedLayer]) -> Shape:
    for index, layer in enumerate(layers):
        here = f"{pointer}/{index}"
        if isinstance(layer, Repeat):
            for _ in range(layer.times):
                shape = _place(layer.layers, shape, f"{here}/layers", placed)
            continue
        if isinstance(layer, Residual):
            _place(layer.layers, shape, f"{here}/layers", placed)
        out = _out_shape(layer, shape, here)
        placed.append(PlacedLayer(layer.name or layer.kind, here, layer, shape, out))
        shape = out
    return shape


def _out_shape(layer: AnyLayer, shape: Shape, pointer: str) -> Shape:
    try:
        if isinstance(shape, Tokens) and layer.reads != "tokens":
            raise ShapeError("they are tokens, not numbers; put an embedding first.")
        return layer.out_shape(shape)
    except ShapeError as error:
        detail = f"Samples of shape {list(shape)} reach this layer: {error}"
        raise InvalidExperiment(detail, errors=[{"pointer": pointer, "detail": detail}]) from error


def first_view(layers: tuple[AnyLayer, ...]) -> View | None:
    """How the first layer that minds wants the samples to lie; a pool leaves it to the convolution behind it."""
    views = _views(layers)
    first = next(views, None)
    if first == "channels":
        behind = next((view for view in views if view != "channels"), None)
        return behind if behind in ("signal", "image") else first
    return first


def _views(layers: tuple[AnyLayer, ...]) -> Iterator[View]:
    for layer in layers:
        if isinstance(layer, Repeat | Residual):
            yield from _views(layer.layers)
        elif layer.reads is not None:
            yield layer.reads


def output_activation(layers: tuple[AnyLayer, ...]) -> Activation | None:
    """The activation whose output the loss reads, if the network ends in one; it is never a hidden one."""
    for layer in reversed(layers):
        if isinstance(layer, Dropout | Flatten):
            continue
        return layer if isinstance(layer, Activation) else None
    return None
