"""Exclusive or."""

import numpy as np
from numpy.typing import NDArray

from service.spec.data.sources.xor import Xor


def load(source: Xor) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Samples [n, features], and classes [n]; the four corners in turn."""
    samples = np.random.default_rng(source.seed).standard_normal((source.n_samples, source.n_features), np.float32)
    corner = np.arange(source.n_samples) % 4
    signs = np.stack([corner // 2, corner % 2], axis=1)
    samples[:, :2] = 2 * signs - 1 + source.noise * samples[:, :2]
    return samples, (signs[:, 0] ^ signs[:, 1]).astype(np.int64)
