"""In which precision a training runs: of its weights and samples, and of its forward pass."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor, nn

from service.spec.training import Precision
from worker.data.load import Samples, Split

_HALF = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def of_weights(precision: Precision) -> torch.dtype:
    """The dtype of weights, samples, gradients and statistics: half precisions keep them in float32."""
    return torch.float64 if precision == "float64" else torch.float32


def of_dtype(samples: Tensor, dtype: torch.dtype) -> Tensor:
    """Samples in a precision; tokens stay indices."""
    return samples.to(dtype) if samples.is_floating_point() else samples


def in_dtype(split: Split, dtype: torch.dtype) -> Split:
    """The samples of both parts in a precision."""

    def converted(samples: Samples) -> Samples:
        return replace(samples, inputs=of_dtype(samples.inputs, dtype))

    return Split(converted(split.training), split.validation and converted(split.validation))


def forward_in(precision: Precision, network: nn.Module, device: torch.device) -> nn.Module:
    """The network as it is called in this precision."""
    return _Autocast(network, device, _HALF[precision]) if precision in _HALF else network


class _Autocast(nn.Module):
    """Runs a network in half precision where that is safe, over float32 weights."""

    def __init__(self, network: nn.Module, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__()
        self.network = network
        self._device_type = device.type
        self._dtype = dtype

    def forward(self, x: Tensor, tape: list[Tensor] | None = None) -> Tensor:
        with torch.autocast(self._device_type, self._dtype):
            return cast("Tensor", self.network(x, tape))


Gradients = Callable[[Tensor, Sequence[Tensor], Sequence[Tensor]], tuple[list[Tensor], list[Tensor]]]
"""From a loss, parameters and watched tensors to the gradients of the loss with respect to each."""


def gradients(
    loss: Tensor, parameters: Sequence[Tensor], watched: Sequence[Tensor]
) -> tuple[list[Tensor], list[Tensor]]:
    """∂loss/∂parameters and ∂loss/∂watched."""
    found = torch.autograd.grad(loss, [*parameters, *watched])
    return list(found[: len(parameters)]), list(found[len(parameters) :])


def gradients_of_halves(
    loss: Tensor, parameters: Sequence[Tensor], watched: Sequence[Tensor]
) -> tuple[list[Tensor], list[Tensor]]:
    """The same in float32, some of `watched` being halves: squares of theirs would not fit."""
    grads, deltas = gradients(loss, parameters, watched)
    return grads, [delta.float() for delta in deltas]
