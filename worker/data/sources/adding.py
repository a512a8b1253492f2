"""The adding problem."""

import numpy as np
from numpy.typing import NDArray

from service.spec.data.sources.adding import Adding


def load(source: Adding) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Samples [n, length, 2] of number and mark, and the sums [n, 1] of the two marked numbers."""
    draw = np.random.default_rng(source.seed)
    count, length, half = source.n_samples, source.length, source.length // 2
    samples = np.zeros((count, length, 2), np.float32)
    samples[:, :, 0] = draw.random((count, length), np.float32)
    every = np.arange(count)
    first, second = draw.integers(half, size=count), draw.integers(half, length, size=count)
    samples[every, first, 1] = samples[every, second, 1] = 1
    return samples, (samples[every, first, 0] + samples[every, second, 0])[:, None]
