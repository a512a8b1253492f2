"""What reaches the network: the training samples in numbers, told once."""

from collections.abc import Iterator
from math import prod, sqrt

import torch
from torch import Tensor

from service.spec.data.view import feature_axes
from service.spec.run import RunSpec

_BLOCK = 1 << 20
"""Numbers that are held in float64 at once: 8 MiB."""


def input_curves(samples: Tensor, run: RunSpec) -> dict[str, float]:
    """Names of curves and their only values, of samples [N, *sample] as the network reads them; nothing of tokens."""
    if not samples.is_floating_point():
        return {}
    axes = feature_axes(run.sample_shape, run.view)
    shift = samples[:1].double()  # near enough to the mean that squares keep their digits
    first, second, largest = torch.zeros((), dtype=torch.float64), torch.zeros((), dtype=torch.float64), []
    for block in _blocks(samples):
        moved = block - shift
        first = first.to(moved.device) + moved.sum(dim=0)
        second = second.to(moved.device) + moved.square().sum(dim=0)
        largest.append(block.abs().max())
    count = len(samples)
    shares, within = first / count, [axis - 1 for axis in axes if axis > 0]
    # Moments of every entry of a sample, then of every feature: those of its entries, and how these differ.
    entry_mean, entry_variance = shift[0] + shares, (second / count - shares.square()).clamp(min=0)
    mean = entry_mean.mean(dim=within, keepdim=True) if within else entry_mean
    variance = entry_variance + (entry_mean - mean).square()
    variance = variance.mean(dim=within) if within else variance
    overall = float(entry_mean.mean())
    square = float((entry_variance + entry_mean.square()).mean())
    return {
        "input_mean": overall,
        "input_std": sqrt(max(float((entry_variance + (entry_mean - overall).square()).mean()), 0.0)),
        "input_max": float(torch.stack(largest).max()),
        "input_second_moment": square,
        "input_spread": _spread(variance.flatten()),
    }


def _spread(variances: Tensor) -> float:
    """Largest standard deviation of a feature over the median one, of those that vary; 1 where none does."""
    varying = variances[variances > 0]
    return sqrt(float(varying.max() / varying.median())) if len(varying) else 1.0


def _blocks(samples: Tensor) -> Iterator[Tensor]:
    size = max(1, _BLOCK // max(1, prod(samples.shape[1:])))
    for start in range(0, len(samples), size):
        yield samples[start : start + size].double()
