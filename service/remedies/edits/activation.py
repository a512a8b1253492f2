"""Swap the activation function."""

from typing import ClassVar, Literal

from service.remedies.inner import unreachable
from service.remedies.remedy import NothingToDo, Remedy, edit_layers, output_layer
from service.spec.activations import ACTIVATIONS, ActivationFunction
from service.spec.layers import RNN, Activation, AnyLayer
from service.spec.run import RunSpec

_OF_RNN = ("tanh", "relu")
"""What PyTorch's RNN can apply at every time step."""


class ActivationSwap(ActivationFunction, Remedy):
    """Replaces hidden activations, so that the derivative no longer dies with depth.

    A sigmoid passes on at most a quarter of the signal per layer, a ReLU all of it or nothing. The activation that the
    loss reads is left alone. A plain rnn applies its own at every time step; it is replaced by tanh or relu and by
    nothing else, because PyTorch's knows no other. The gates of lstm and gru and the softmax of self_attention stay.
    """

    kind: Literal["activation"] = "activation"
    against: ClassVar[str] = "vanishing"
    reference: ClassVar[str] = "Glorot, Bordes & Bengio 2011; Maas et al. 2013; He et al. 2015; Le et al. 2015"
    scope: Literal["saturating", "all"] = "saturating"
    """`saturating` replaces sigmoid, tanh, hardtanh and softsign; `all` every hidden activation."""

    def apply(self, run: RunSpec) -> RunSpec:
        remedied = self._swapped(run, self.scope)
        if remedied == run:
            raise NothingToDo(self._why_not(run))
        return remedied

    def _swapped(self, run: RunSpec, scope: str) -> RunSpec:
        output = output_layer(run)
        wanted = self.model_dump(exclude={"kind", "scope"}, exclude_none=True)

        def other(layer: AnyLayer) -> AnyLayer:
            match layer:
                case Activation() if _replaced(layer.function, scope) and layer is not output:
                    return Activation(name=layer.name, **wanted)
                case RNN() if _replaced(layer.nonlinearity, scope) and layer is not output and self.function in _OF_RNN:
                    return layer.model_copy(update={"nonlinearity": self.function})
                case _:
                    return layer

        return edit_layers(run, lambda layers: tuple(map(other, layers)))

    def _why_not(self, run: RunSpec) -> str:
        which = "hidden activation" if self.scope == "all" else "saturating hidden activation"
        others = self._swapped(run, "all") != run
        hint = '; with "scope": "all" it replaces the others too' if others else ""
        why = f"There is no {which} to replace by {self.function}{hint}."
        if self.function not in _OF_RNN and any(isinstance(placed.layer, RNN) for placed in run.placed()):
            why += f" PyTorch's rnn knows {' and '.join(_OF_RNN)} alone."
        return why + unreachable(run, reached={"rnn"})


def _replaced(function: str, scope: str) -> bool:
    return scope == "all" or ACTIVATIONS[function].saturates


REMEDY = ActivationSwap
