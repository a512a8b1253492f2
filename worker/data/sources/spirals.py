"""Spirals wound into each other."""

import numpy as np
from numpy.typing import NDArray

from service.spec.data.sources.spirals import Spirals


def load(source: Spirals) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Samples [n, 2], and classes [n], in turn."""
    draw = np.random.default_rng(source.seed)
    classes = np.arange(source.n_samples) % source.n_classes
    radius = np.sqrt(draw.uniform(size=source.n_samples))  # about as many to every stretch of the spiral
    angle = 2 * np.pi * (source.turns * radius + classes / source.n_classes)
    plane = radius * np.stack([np.cos(angle), np.sin(angle)])
    samples = plane.T + source.noise * draw.standard_normal((source.n_samples, 2))
    return samples.astype(np.float32), classes.astype(np.int64)
