"""Progress of diabetes, from scikit-learn's own files."""

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_diabetes

from service.spec.data.sources.diabetes import Diabetes


def load(_source: Diabetes) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Samples [442, 10] as measured, and progress [442, 1] in 25 … 346."""
    samples, progress = load_diabetes(return_X_y=True, scaled=False)
    return samples.astype(np.float32), progress.astype(np.float32)[:, None]
