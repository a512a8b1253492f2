"""Irises of three species, from scikit-learn's own files."""

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_iris

from service.spec.data.sources.iris import Iris


def load(_source: Iris) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Samples [150, 4], and classes [150]."""
    samples, classes = load_iris(return_X_y=True)
    return samples.astype(np.float32), classes.astype(np.int64)
