"""A normalization layer before every hidden activation: what the normalizing remedies share."""

from service.remedies.remedy import Layers, NothingToDo, edit_layers
from service.spec.layers import NORMS, Activation, Layer
from service.spec.network import output_activation
from service.spec.run import RunSpec


def before_hidden_activations(run: RunSpec, norm: Layer) -> RunSpec:
    """The run with a copy of `norm` before each hidden activation that has no normalization before it yet.

    Raises `NothingToDo` when there is none.
    """
    output = output_activation(run.network.layers)

    def insert(layers: Layers) -> Layers:
        edited: list[Layer] = []
        for layer in layers:
            normalized = bool(edited) and isinstance(edited[-1], NORMS)
            if isinstance(layer, Activation) and layer is not output and not normalized:
                neighbor = (edited[-1] if edited else layer).name
                edited.append(norm.model_copy(update={"name": f"{neighbor}+{norm.kind}"}))
            edited.append(layer)
        return tuple(edited)  # type: ignore[arg-type]  # `norm` is one of the layer kinds

    remedied = edit_layers(run, insert)
    if remedied == run:
        raise NothingToDo("There is no hidden activation without a normalization before it.")
    return remedied
