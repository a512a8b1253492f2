"""The copying memory problem."""

import numpy as np
from numpy.typing import NDArray

from service.spec.data.sources.copy_memory import CopyMemory


def load(source: CopyMemory) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Samples [n, length] of symbols, and what is wanted at each time step [n, length]."""
    draw = np.random.default_rng(source.seed)
    blank, signal = source.symbols, source.symbols + 1
    kept = draw.integers(source.symbols, size=(source.n_samples, source.remembered))
    samples = np.full((source.n_samples, source.length), blank)
    wanted = samples.copy()
    samples[:, : source.remembered] = kept
    samples[:, source.length - source.remembered - 1] = signal
    wanted[:, source.length - source.remembered :] = kept
    return samples, wanted
