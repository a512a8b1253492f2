"""A normalization before every hidden activation: what the normalizing remedies share."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from service.remedies.inner import unreachable
from service.remedies.remedy import Layers, NothingToDo, free_name
from service.spec.layers import NORMS, Activation, AvgPool, Dropout, Flatten, GlobalAvgPool, Layer, MaxPool, Residual
from service.spec.network import output_activation
from service.spec.run import RunSpec
from service.spec.shapes import Shape

Choice = Callable[[Shape, bool], Layer | str]
"""The norm for samples of a shape, whose channels come first or whose features come last; or why there is none."""

_CHANNELS_FIRST = ("channels", "signal", "image")
_KEEPS_SCALE = (Dropout, Flatten, MaxPool, AvgPool, GlobalAvgPool)
"""Behind a norm, what these put out is as good as normalized."""


def before_hidden_activations(run: RunSpec, choose: Choice, also: Collection[str] = ()) -> RunSpec:
    """The run with a norm before each hidden activation, and each layer of the kinds `also`, that has none yet.

    Raises `NothingToDo` when there is none to put.
    """
    placed = run.placed()
    walk = _Walk(
        choose=choose,
        wanting={"activation", *also},
        output=output_activation(run.network.layers),
        shapes={layer.name: layer.in_shape for layer in placed},
        taken={layer.name for layer in placed},
        channels_first=run.view in _CHANNELS_FIRST or len(run.sample_shape) == 3,
    )
    layers = walk.edit(run.network.layers)
    if layers == run.network.layers:
        none_left = "There is no hidden activation without a normalization before it." + unreachable(run, reached=also)
        raise NothingToDo(" ".join(walk.reasons) or none_left)
    return run.model_copy(update={"network": run.network.model_copy(update={"layers": layers})})


@dataclass
class _Walk:
    """Goes through the layers in the order of the signal, into residuals too."""

    choose: Choice
    wanting: set[str]
    output: Activation | None
    shapes: dict[str, Shape]
    taken: set[str]
    channels_first: bool
    normalized: bool = False
    reasons: dict[str, None] = field(default_factory=dict)

    def edit(self, layers: Layers) -> Layers:
        edited: list[Layer] = []
        for layer in layers:
            if isinstance(layer, Residual):
                edited.append(layer.model_copy(update={"layers": self.edit(layer.layers)}))
                self.normalized = False  # the skip path is added to it
                continue
            if layer.kind in self.wanting and layer is not self.output and not self.normalized:
                edited += self._norm(layer, behind=edited[-1] if edited else layer)
            edited.append(layer)
            self.normalized = isinstance(layer, NORMS) or (self.normalized and isinstance(layer, _KEEPS_SCALE))
            if layer.reads is not None:
                self.channels_first = layer.reads in _CHANNELS_FIRST
        return tuple(edited)

    def _norm(self, layer: Layer, behind: Layer) -> list[Layer]:
        norm = self.choose(self.shapes[str(layer.name)], self.channels_first)
        if isinstance(norm, str):
            self.reasons[norm] = None
            return []
        return [norm.model_copy(update={"name": free_name(f"{behind.name}+{norm.kind}", self.taken)})]
