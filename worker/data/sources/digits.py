"""Handwritten digits, from scikit-learn's own files."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from service.spec.data.sources.digits import Digits


@cache  # parsing the text takes as long as ten small training steps, and a worker is asked for the same again and again
def load(_source: Digits) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Samples [1797, 1, 8, 8] in 0 … 16, and classes [1797]; not to be written to."""
    samples, classes = load_digits(return_X_y=True)
    images, labels = samples.astype(np.float32).reshape(-1, 1, 8, 8), classes.astype(np.int64)
    images.flags.writeable = labels.flags.writeable = False
    return images, labels
