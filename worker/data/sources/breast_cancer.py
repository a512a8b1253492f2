"""Tumors, malignant or benign, from scikit-learn's own files."""

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer

from service.spec.data.sources.breast_cancer import BreastCancer


def load(_source: BreastCancer) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Samples [569, 30], and classes [569]."""
    samples, classes = load_breast_cancer(return_X_y=True)
    return samples.astype(np.float32), classes.astype(np.int64)
