"""Start from other weights."""

from typing import ClassVar, Literal

from pydantic import TypeAdapter

from service.remedies.remedy import Layers, NothingToDo, Remedy, edit_layers, with_fields_of
from service.spec.initializers import WEIGHT_SCHEMES, AnyInit, Init
from service.spec.layers import WeightLayer
from service.spec.run import RunSpec

_ANY_INIT: TypeAdapter[Init] = TypeAdapter(AnyInit)


class Initialization(Remedy):
    """Draws the weights so that signal and gradient keep their size from layer to layer.

    He for ReLU and its kin, Xavier for tanh and other functions of slope one. Replaces the init of the network and of
    every layer that brings its own; biases start as they did.
    """

    kind: Literal["initialization"] = "initialization"
    against: ClassVar[str] = "vanishing"
    reference: ClassVar[str] = "Glorot & Bengio 2010; He et al. 2015; Saxe et al. 2014; Mishkin & Matas 2016"

    def apply(self, run: RunSpec) -> RunSpec:
        if not any(placed.has_weight for placed in run.placed()):
            raise NothingToDo("There is no layer with weights to start differently.")
        wanted = self.model_dump(exclude={"kind"})
        bias = run.network.init.bias.model_dump()
        if run.network.init.scheme == "torch_default" and bias["scheme"] == "torch_default":
            bias = {"scheme": "zeros"}  # torch's bias draw belongs to its scheme
        init = _ANY_INIT.validate_python({**wanted, "bias": bias} if wanted["scheme"] != "torch_default" else wanted)

        def forget_own(layers: Layers) -> Layers:
            return tuple(
                layer.model_copy(update={"init": None}) if isinstance(layer, WeightLayer) else layer for layer in layers
            )

        remedied = edit_layers(run, forget_own)
        remedied = remedied.model_copy(update={"network": remedied.network.model_copy(update={"init": init})})
        if remedied == run:
            raise NothingToDo(f"Every layer starts by {wanted['scheme']} like this already.")
        return remedied


REMEDY = with_fields_of(Initialization, put_in=WEIGHT_SCHEMES, discriminator="scheme")
