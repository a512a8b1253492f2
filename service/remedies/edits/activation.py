"""Swap the activation function."""

from typing import ClassVar, Literal

from service.remedies.remedy import Layers, NothingToDo, Remedy, edit_layers
from service.spec.activations import ActivationFunction
from service.spec.layers import Activation
from service.spec.network import output_activation
from service.spec.run import RunSpec


class ActivationSwap(ActivationFunction, Remedy):
    """Replaces hidden activations, so that the derivative no longer dies with depth.

    A sigmoid passes on at most a quarter of the signal per layer, a ReLU all of it or nothing. The activation that the
    loss reads is left alone.
    """

    kind: Literal["activation"] = "activation"
    against: ClassVar[str] = "vanishing"
    reference: ClassVar[str] = "Glorot, Bordes & Bengio 2011; Maas et al. 2013; He et al. 2015"
    scope: Literal["saturating", "all"] = "saturating"
    """`saturating` replaces sigmoid, tanh, hardtanh and softsign; `all` every hidden activation."""

    def apply(self, run: RunSpec) -> RunSpec:
        output = output_activation(run.network.layers)
        wanted = self.model_dump(exclude={"kind", "scope"}, exclude_none=True)

        def swap(layers: Layers) -> Layers:
            return tuple(
                Activation(name=layer.name, **wanted)
                if isinstance(layer, Activation)
                and layer is not output
                and (self.scope == "all" or layer.entry.saturates)
                else layer
                for layer in layers
            )

        remedied = edit_layers(run, swap)
        if remedied == run:
            which = "hidden activation" if self.scope == "all" else "saturating hidden activation"
            hint = "" if self.scope == "all" else '; with "scope": "all" it replaces the others too'
            raise NothingToDo(f"There is no {which} to replace by {self.function}{hint}.")
        return remedied


REMEDY = ActivationSwap
