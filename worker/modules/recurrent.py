"""torch's recurrent modules, batch first, that give one tensor."""

import warnings
from typing import Any, Literal

import torch
from torch import Tensor, nn

Output = Literal["last", "sequence"]

# Parameters are views of the flat tensor, so cuDNN gathers them at every step; it would say so at the first one.
warnings.filterwarnings("ignore", message="RNN module weights are not part of single contiguous chunk of memory")


class Recurrent(nn.RNNBase):
    """What the three have in common. Weights keep PyTorch's names; `mode` says which of the three it is."""

    def __init__(self, *arguments: Any, output: Output, **keywords: Any) -> None:
        """`output`: `sequence` [B, time, directions · hidden], or `last`, the state behind the last step read.

        The reverse direction reads backward, so its last state is the one of the first time step.
        """
        super().__init__(*arguments, **{**keywords, "batch_first": True})
        self.output: Output = output

    def forward(self, x: Tensor) -> Tensor:
        """The top layer's states for a batch [B, time, features]."""
        if x.device.type == "cpu" and torch.is_autocast_enabled("cpu"):
            # oneDNN has an LSTM in half precision for few processors.
            with torch.autocast("cpu", enabled=False):
                return self._read(x.float())
        return self._read(x)

    def _read(self, x: Tensor) -> Tensor:
        states, last = super().forward(x)
        if self.output == "sequence":
            return states  # type: ignore[no-any-return]
        hidden: Tensor = last[0] if isinstance(last, tuple) else last  # an LSTM also has its cells
        return hidden[-2 if self.bidirectional else -1 :].transpose(0, 1).flatten(1)

    def flatten_parameters(self) -> None:
        """Leaves the parameters where they are: torch would move them out of the flat tensor."""


class RNN(Recurrent, nn.RNN):  # type: ignore[misc]  # one tensor, where torch gives two
    """Elman's network; `nonlinearity` is tanh or relu."""


class LSTM(Recurrent, nn.LSTM):  # type: ignore[misc]  # one tensor, where torch gives two
    """Long short-term memory; gate blocks in PyTorch's order: input, forget, cell, output."""


class GRU(Recurrent, nn.GRU):  # type: ignore[misc]  # one tensor, where torch gives two
    """Gated recurrent unit; gate blocks in PyTorch's order: reset, update, new."""
