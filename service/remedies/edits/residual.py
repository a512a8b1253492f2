"""Skip connections."""

from typing import ClassVar, Literal

from service.remedies.remedy import Layers, NothingToDo, Remedy
from service.spec.frozen import Flag
from service.spec.layers import NORMS, Activation, AnyLayer, Dropout, Residual, WeightLayer
from service.spec.network import output_activation
from service.spec.run import RunSpec


class SkipConnections(Remedy):
    """Adds the input of every weight–norm–activation block to its output, so that the gradient has a way around it.

    The factor per block is 1 + χ instead of χ. Blocks whose output has another shape than their input are wrapped only
    with `project`, which puts a linear map into the skip path.
    """

    kind: Literal["residual"] = "residual"
    against: ClassVar[str] = "vanishing"
    reference: ClassVar[str] = "He et al. 2016"
    project: Flag = False

    def apply(self, run: RunSpec) -> RunSpec:
        shapes = {placed.name: (placed.in_shape, placed.out_shape) for placed in run.placed()}
        output = output_activation(run.network.layers)
        edited: list[AnyLayer] = []
        rest: Layers = run.network.layers
        while rest:
            size = _block(rest, output)
            block, rest = rest[: max(size, 1)], rest[max(size, 1) :]
            if size and (self.project or shapes[str(block[0].name)][0] == shapes[str(block[-1].name)][1]):
                edited.append(Residual(name=f"{block[-1].name}+residual", layers=block))
            else:
                edited.extend(block)
        if not any(isinstance(layer, Residual) and layer not in run.network.layers for layer in edited):
            raise NothingToDo(
                "No weight–activation block outside a residual keeps its shape; "
                'make neighboring layers equally wide, or ask for "project": true.'
            )
        network = run.network.model_copy(update={"layers": tuple(edited)})
        return run.model_copy(update={"network": network})


def _block(layers: Layers, output: Activation | None) -> int:
    """How many layers at the front are one block: a weight, norms, an activation, dropout. 0 when there is none."""
    if not isinstance(layers[0], WeightLayer) or isinstance(layers[0], Residual):
        return 0
    size = 1
    while size < len(layers) and isinstance(layers[size], NORMS):
        size += 1
    if size == len(layers) or not isinstance(layers[size], Activation) or layers[size] is output:
        return 0
    size += 1
    while size < len(layers) and isinstance(layers[size], Dropout):
        size += 1
    return size


REMEDY = SkipConnections
