"""Wines of three growers, from scikit-learn's own files."""

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_wine

from service.spec.data.sources.wine import Wine


def load(_source: Wine) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Samples [178, 13], and classes [178]."""
    samples, classes = load_wine(return_X_y=True)
    return samples.astype(np.float32), classes.astype(np.int64)
