"""Skip connections."""

from typing import ClassVar, Literal

from service.remedies.remedy import Layers, NothingToDo, Remedy, free_name, output_layer
from service.spec.frozen import Flag
from service.spec.layers import (
    NORMS,
    Activation,
    AnyLayer,
    Convolution,
    Dropout,
    Linear,
    Recurrent,
    Residual,
    SelfAttention,
)
from service.spec.run import RunSpec
from service.spec.shapes import Shape, ShapeError


class SkipConnections(Remedy):
    """Adds the input of every weight–norm–activation block to its output, so that the gradient has a way around it.

    The factor per block is 1 + χ instead of χ. A self_attention layer, and a recurrent layer that puts out the whole
    sequence, are blocks of their own, with the norm before them. Blocks whose output has another shape than their input
    are wrapped only with `project`, which puts a linear map (a 1×1 convolution for channels) into the skip path.
    """

    kind: Literal["residual"] = "residual"
    against: ClassVar[str] = "vanishing"
    reference: ClassVar[str] = "He et al. 2016; Vaswani et al. 2017"
    project: Flag = False

    def apply(self, run: RunSpec) -> RunSpec:
        placed = run.placed()
        shapes = {layer.name: layer.in_shape for layer in placed}
        taken = set(shapes)
        output = output_layer(run)
        edited: list[AnyLayer] = []
        hindered: set[str] = set()
        rest: Layers = run.network.layers
        while rest:
            size = _block(rest, output)
            block, rest = rest[: max(size, 1)], rest[max(size, 1) :]
            hindrance = self._hindrance(block, shapes[str(block[0].name)]) if size else ""
            if size and not hindrance:
                edited.append(Residual(name=free_name(f"{block[-1].name}+residual", taken), layers=block))
            else:
                edited.extend(block)
                hindered.add(hindrance)
        if tuple(edited) == run.network.layers:
            raise NothingToDo(max(hindered) or "There is no weight–activation block outside a residual.")
        network = run.network.model_copy(update={"layers": tuple(edited)})
        return run.model_copy(update={"network": network})

    def _hindrance(self, block: Layers, shape: Shape) -> str:
        """Why a block stays as it is; empty where it can be wrapped."""
        try:
            projects = bool(Residual(layers=block).parameter_shapes(shape))
        except ShapeError as error:
            return f"No block can be given a skip path: {error}"
        if projects and not self.project:
            return (
                "No weight–activation block outside a residual keeps its shape; make neighboring layers equally wide, "
                'or ask for "project": true.'
            )
        return ""


def _block(layers: Layers, output: AnyLayer) -> int:
    """How many layers at the front are one block, dropout behind it included. 0 when there is none."""
    size = _norms(layers)
    if size < len(layers) and _by_itself(layers[size]):
        last = size
    elif isinstance(layers[0], Linear | Convolution):
        last = 1 + _norms(layers[1:])
        if last == len(layers) or not isinstance(layers[last], Activation):
            return 0
    else:
        return 0
    if layers[last] is output:
        return 0
    size = last + 1
    while size < len(layers) and isinstance(layers[size], Dropout):
        size += 1
    return size


def _norms(layers: Layers) -> int:
    """How many layers at the front are normalizations."""
    return next((count for count, layer in enumerate(layers) if not isinstance(layer, NORMS)), len(layers))


def _by_itself(layer: AnyLayer) -> bool:
    return isinstance(layer, SelfAttention) or (isinstance(layer, Recurrent) and layer.output == "sequence")


REMEDY = SkipConnections
