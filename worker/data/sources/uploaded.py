"""A lab's own data, as the API has converted it."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.datasets.folders import SAMPLES, TARGETS, folder
from service.spec.data.sources.uploaded import Uploaded


class DatasetUnavailable(Exception):
    """The files of a dataset are not where they should be, or not what they should be."""


def load(source: Uploaded, datasets: Path | None) -> tuple[NDArray[Any], NDArray[Any]]:
    """Samples [n, *shape] float32, or tokens [n, time] int64; and classes [n] int64 or values [n, size] float32.

    `datasets`: the folder of all of them. What is not looked at stays on disk. Raises `DatasetUnavailable`.
    """
    if datasets is None:
        raise DatasetUnavailable("no folder of datasets was given")
    try:
        samples, targets = (_mapped(folder(datasets, source.dataset_id) / name) for name in (SAMPLES, TARGETS))
    except (OSError, ValueError) as error:
        raise DatasetUnavailable(str(error)) from error
    expected = (source.sample_count(), *source.sample_shape())
    if samples.shape != expected or len(targets) != len(samples):
        raise DatasetUnavailable(f"samples {samples.shape} and {len(targets)} targets, where {expected} were expected")
    return samples.astype(np.int64) if source.tokens else samples, targets


def _mapped(path: Path) -> NDArray[Any]:
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
