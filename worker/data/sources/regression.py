"""A random network to be imitated."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from service.spec.data.sources.regression import Regression

_BLOCK = 4096
"""Samples that pass through the teacher at once."""


def load(source: Regression) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Samples [n, features] and targets [n, outputs], of zero mean and unit variance."""
    draw = np.random.default_rng(source.seed)
    sizes = [source.n_features, *[source.width] * source.depth, source.n_outputs]
    # A gain of √2 makes the teacher bend: at 1 it is close to a linear map.
    weights = [draw.normal(0, np.sqrt(2 / wide), (wide, narrow)) for wide, narrow in pairwise(sizes)]
    samples = draw.standard_normal((source.n_samples, source.n_features), np.float32)
    blocks = [_answer(samples[start : start + _BLOCK], weights) for start in range(0, len(samples), _BLOCK)]
    told = _standard(np.concatenate(blocks))
    noise = draw.standard_normal(told.shape)
    targets = _standard(np.sqrt(1 - source.noise) * told + np.sqrt(source.noise) * noise)
    return samples, targets.astype(np.float32)


def _answer(samples: NDArray[np.float32], weights: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    signal = samples @ weights[0]
    for weight in weights[1:]:
        signal = np.tanh(signal) @ weight
    return signal


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    standard: NDArray[np.float64] = (values - values.mean(axis=0)) / values.std(axis=0)
    return standard
