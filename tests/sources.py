"""Data sources as tests draw from them."""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.spec.data.data import SOURCES
from service.spec.data.source import Source

KINDS = [
    kind for kind, source in SOURCES.items() if not any(field.is_required() for field in source.model_fields.values())
]
"""The sources that need nothing to be told: all but uploads."""


def spec(**source: Any) -> Source:
    return SOURCES[source["kind"]].model_validate(source)


def drawn(**source: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Samples and targets in their natural layout, checked against what the source says of them."""
    said = spec(**source)
    samples, targets = import_module(f"worker.data.sources.{said.kind}").load(said)
    target = said.target()
    steps = () if target.steps is None else (target.steps,)
    assert samples.shape == (said.sample_count(), *said.sample_shape())
    if target.kind == "classes":
        assert targets.dtype == np.int64
        assert targets.shape == (len(samples), *steps)
        assert 0 <= targets.min() <= targets.max() < target.size
    else:
        assert targets.dtype == np.float32
        assert targets.shape == (len(samples), *steps, target.size)
    return samples, targets
