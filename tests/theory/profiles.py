"""Profiles of experiments, and what the engine measures at step 0."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.theory.profile import InputMoment, LayerTheory, Profile, predicted_profile
from tests.experiments import body, resolved
from tests.worker.recording import trained

FEATURES = 256
BLOBS = {"kind": "blobs", "n_samples": 80, "n_features": FEATURES, "centers": 10, "cluster_std": 10.0}
"""Wide clouds in many dimensions: samples of one length, with nothing in common."""


def profile(*layers: dict[str, Any], second: InputMoment = None, **rest: Any) -> Profile:
    """The profile of an experiment, on blobs unless told otherwise."""
    return predicted_profile(resolved(body(*layers, **{"source": BLOBS, **rest})), second)


def layer(found: Profile, name: str) -> LayerTheory:
    return next(layer for layer in found.layers if layer.layer == name)


def measured(*layers: dict[str, Any], seeds: int, **rest: Any) -> NDArray[np.float64]:
    """[L] root mean square over seeds of delta_norm at step 0, over that of the last layer."""
    ratios = []
    for seed in range(seeds):
        training = {"steps": 1, "batch_size": 64, **rest.get("training", {}), "seed": seed}
        trace, _ = trained(body(*layers, **{"source": BLOBS, **rest, "training": training}))
        delta = trace.metrics["delta_norm"].values[0].astype(np.float64)
        ratios.append(delta / delta[-1])
    return np.asarray(np.sqrt(np.square(ratios).mean(axis=0)))


def predicted(found: Profile) -> NDArray[np.float64]:
    """[L], NaN where there is no prediction."""
    ratios: Sequence[float | None] = [layer.delta_norm_ratio for layer in found.layers]
    return np.array([np.nan if ratio is None else ratio for ratio in ratios])


def per_layer(ratios: NDArray[np.float64]) -> float:
    """Geometric mean of √χ over all layers but the last."""
    return float((ratios[0] / ratios[-2]) ** (1 / (len(ratios) - 2)))
