"""Two rings in the plane."""

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import make_circles

from service.spec.data.sources.circles import Circles


def load(source: Circles) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Samples [n, 2], and classes [n]: 0 outside, 1 inside."""
    samples, classes = make_circles(
        n_samples=source.n_samples, noise=source.noise, factor=source.factor, random_state=source.seed
    )
    return samples.astype(np.float32), classes.astype(np.int64)
