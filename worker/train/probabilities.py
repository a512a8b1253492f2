"""Binary cross entropy of outputs that ought to be probabilities."""

import torch
from torch import Tensor

_LEAST_LOG = -100.0
_LEAST_VARIANCE = 1e-12


def binary_cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    """`torch.nn.functional.binary_cross_entropy`, value and gradient, and NaN for outputs outside [0, 1].

    PyTorch's own raises there, and on CUDA takes the process along: but a missing sigmoid is a finding about the
    network and no failure of the service. Logarithms end at −100, and the slope is PyTorch's own as well,
    (x − t) / max(x (1 − x), 1e-12): autograd's of the clamped logarithm would be NaN at 0 and 1.
    """
    known = outputs.detach()
    hit = known.log().clamp(min=_LEAST_LOG)
    miss = (-known).log1p().clamp(min=_LEAST_LOG)
    value = (targets - 1) * miss - targets * hit
    variance = (known * (1 - known)).clamp(min=_LEAST_VARIANCE)
    slope = torch.where((known >= 0) & (known <= 1), (known - targets) / variance, torch.nan)
    return (value + (outputs - known) * slope).mean()
