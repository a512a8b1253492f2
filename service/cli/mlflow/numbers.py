"""What a run says of a job in numbers: every series of its export."""

from collections.abc import Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.cli.mlflow.limits import Item, key

_STEPS = ".steps"
_CURVE = "curve."
_HISTOGRAM = "histogram"


def metrics(file: Path, job: Mapping[str, Any], end: int) -> Iterator[Item]:
    """`grad_norm/00 linear`, `loss` …, with the times of the trace, from an export as NPZ; and `result/…` at the end.

    A curve that is called like a metric of layers gets `global_` in front: some stores keep names as paths. NaN and
    infinities, which MLflow would draw as zero or as 10³⁰⁸, are left out, and counted as `nonfinite/…`.
    """
    with np.load(file, allow_pickle=False) as arrays:
        names = [name.removesuffix(_STEPS) for name in arrays.files if name.endswith(_STEPS)]
        for name in names:
            if name != _HISTOGRAM:
                yield from _series(arrays, name, _keys(name, names, arrays))
    last = job["progress"]["step"]
    for name, value in (job["result"] or {}).items():
        if isinstance(value, int | float) and isfinite(value):
            yield {"key": key(f"result/{name}"), "value": float(value), "timestamp": end, "step": last}


def _keys(name: str, names: list[str], arrays: Any) -> list[str]:
    if not name.startswith(_CURVE):
        return [f"{name}/{layer}" for layer in arrays[f"{name}.layers"].tolist()]
    curve = name.removeprefix(_CURVE)
    return [f"global_{curve}" if curve in names else curve]


def _series(arrays: Any, name: str, keys: list[str]) -> Iterator[Item]:
    steps = arrays[f"{name}{_STEPS}"].tolist()
    moments = np.round(arrays[f"{name}.time"] * 1000).astype(np.int64).tolist()
    values = arrays[name].reshape(len(steps), len(keys))
    counts = arrays[f"{name}.nonfinite"] if f"{name}.nonfinite" in arrays.files else ~np.isfinite(values)
    for column, metric in enumerate(keys):
        numbers = values[:, column]
        yield from _points(metric, steps, moments, numbers, np.isfinite(numbers))
        spoilt = counts.reshape(values.shape)[:, column]
        yield from _points(f"nonfinite/{metric}", steps, moments, spoilt, spoilt > 0)


def _points(
    name: str, steps: list[int], moments: list[int], numbers: NDArray[Any], kept: NDArray[np.bool_]
) -> Iterator[Item]:
    known = key(name)
    for index in np.flatnonzero(kept).tolist():
        yield {"key": known, "value": float(numbers[index]), "timestamp": moments[index], "step": steps[index]}
