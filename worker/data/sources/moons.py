"""Two half moons."""

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import make_moons

from service.spec.data.sources.moons import Moons


def load(source: Moons) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Samples [n, 2], and classes [n]."""
    samples, classes = make_moons(n_samples=source.n_samples, noise=source.noise, random_state=source.seed)
    return samples.astype(np.float32), classes.astype(np.int64)
