"""Gaussian clouds."""

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import make_blobs

from service.spec.data.sources.blobs import Blobs


def load(source: Blobs) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Samples [n, features], and classes [n]."""
    samples, classes = make_blobs(
        n_samples=source.n_samples,
        n_features=source.n_features,
        centers=source.centers,
        cluster_std=source.cluster_std,
        random_state=source.seed,
    )
    return samples.astype(np.float32), classes.astype(np.int64)
