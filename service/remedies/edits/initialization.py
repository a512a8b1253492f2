"""Start from other weights."""

from typing import ClassVar, Literal

from pydantic import TypeAdapter

from service.remedies.remedy import NothingToDo, Remedy, edit_layers, with_fields_of
from service.spec.initializers import WEIGHT_SCHEMES, AnyInit, Init
from service.spec.layers import AnyLayer, Embedding, WeightLayer
from service.spec.run import RunSpec

_ANY_INIT: TypeAdapter[Init] = TypeAdapter(AnyInit)


class Initialization(Remedy):
    """Draws the weights so that signal and gradient keep their size from layer to layer.

    He for ReLU and its kin, Xavier for tanh and other functions of slope one, LeCun for SELU; orthogonal matrices for
    recurrent and very deep networks, LSUV where no formula fits. Replaces the init of the network and of every layer
    that brings its own; biases start as they did, and so do embeddings, which look up and do not sum.
    """

    kind: Literal["initialization"] = "initialization"
    against: ClassVar[str] = "vanishing"
    reference: ClassVar[str] = "Glorot & Bengio 2010; He et al. 2015; Saxe et al. 2014; Mishkin & Matas 2016"

    def apply(self, run: RunSpec) -> RunSpec:
        if not any(placed.has_weight and not isinstance(placed.layer, Embedding) for placed in run.placed()):
            raise NothingToDo("There is no layer with weights to start differently; embeddings keep their own.")
        init = self._instead_of(run.network.init)

        def started(layer: AnyLayer) -> AnyLayer:
            if not isinstance(layer, WeightLayer) or isinstance(layer, Embedding) or layer.init is None:
                return layer
            own = self._instead_of(layer.init)
            return layer.model_copy(update={"init": None if own == init else own})

        remedied = edit_layers(run, lambda layers: tuple(map(started, layers)))
        remedied = remedied.model_copy(update={"network": remedied.network.model_copy(update={"init": init})})
        if remedied == run:
            raise NothingToDo(f"Every layer starts by {init.scheme} like this already.")
        return remedied

    def _instead_of(self, before: Init) -> Init:
        """The wanted scheme with the biases of `before`, but for torch's own draw of them: it belongs to its scheme."""
        wanted = self.model_dump(exclude={"kind"})
        if wanted["scheme"] != "torch_default":
            schemes = {before.scheme, before.bias.scheme}
            wanted["bias"] = {"scheme": "zeros"} if schemes == {"torch_default"} else before.bias.model_dump()
        return _ANY_INIT.validate_python(wanted)


REMEDY = with_fields_of(Initialization, put_in=WEIGHT_SCHEMES, discriminator="scheme")
