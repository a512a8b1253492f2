"""Recurrent layers. They read sequences [time, features] and keep a state from step to step."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from service.spec.data.view import View
from service.spec.frozen import Flag, Size
from service.spec.layers.layer import ModuleCall, WeightLayer
from service.spec.layers.sequences import check_sequence
from service.spec.shapes import Shape


class Recurrent(WeightLayer):
    """What all three have in common. Every gate has a block of hidden_size rows in each weight and bias."""

    reads: ClassVar[View | None] = "sequence"
    gates: ClassVar[int]
    hidden_size: Size
    num_layers: Annotated[int, Field(strict=True, ge=1, le=32)] = 1
    """Layers stacked inside this one, each reading the states of the one below it."""
    bidirectional: Flag = False
    """Also reads the sequence backward, with weights of its own; both states stand side by side."""
    bias: Flag = True
    output: Literal["last", "sequence"] = "last"
    """`last`: the state behind the whole sequence. `sequence`: that of every time step, [time, states]."""

    @property
    def directions(self) -> int:
        """Passes over the sequence: one, or one in each direction."""
        return 2 if self.bidirectional else 1

    def out_shape(self, shape: Shape) -> Shape:
        check_sequence(self.kind, shape)
        states = self.directions * self.hidden_size
        return (shape[0], states) if self.output == "sequence" else (states,)

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        rows = self.gates * self.hidden_size
        shapes: dict[str, Shape] = {}
        for layer in range(self.num_layers):
            inputs = self.directions * self.hidden_size if layer else shape[-1]
            for direction in ("", "_reverse")[: self.directions]:
                here = f"l{layer}{direction}"
                shapes |= {f"weight_ih_{here}": (rows, inputs), f"weight_hh_{here}": (rows, self.hidden_size)}
                if self.bias:
                    shapes |= {f"bias_ih_{here}": (rows,), f"bias_hh_{here}": (rows,)}
        return shapes

    def module(self, shape: Shape) -> ModuleCall:
        arguments = {
            "input_size": shape[-1],
            "hidden_size": self.hidden_size,
            "num_layers": self.num_layers,
            "bidirectional": self.bidirectional,
            "bias": self.bias,
            "output": self.output,
        }
        return ModuleCall(f"worker.modules.recurrent:{type(self).__name__}", arguments)


class RNN(Recurrent):
    """hₜ = φ(W xₜ + U hₜ₋₁ + b): the gradient passes U once for every time step. Elman 1990."""

    kind: Literal["rnn"] = "rnn"
    gates: ClassVar[int] = 1
    nonlinearity: Literal["tanh", "relu"] = "tanh"

    def module(self, shape: Shape) -> ModuleCall:
        call = super().module(shape)
        return ModuleCall(call.target, {**call.arguments, "nonlinearity": self.nonlinearity})


class LSTM(Recurrent):
    """A cell that gates add to, so that the gradient can pass time unchanged. Hochreiter & Schmidhuber 1997."""

    kind: Literal["lstm"] = "lstm"
    gates: ClassVar[int] = 4


class GRU(Recurrent):
    """A state that gates mix with its successor: an LSTM with fewer gates and no cell. Cho et al. 2014."""

    kind: Literal["gru"] = "gru"
    gates: ClassVar[int] = 3
