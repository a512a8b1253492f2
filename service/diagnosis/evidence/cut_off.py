"""Layers that hand nothing on: units dead for whole batches, or outputs at the flat ends of their function."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from service.diagnosis.evidence.slope import hidden_activations
from service.diagnosis.evidence.steps import finite
from service.diagnosis.evidence.window import last
from service.spec.activations import Function
from service.spec.run import RunSpec
from service.trace.trace import Trace

Fate = Literal["dead", "saturated"]


@dataclass(frozen=True, slots=True)
class CutOff:
    """The hidden layer that is cut off most."""

    layer: str = ""
    share: float = 0.0
    """Of its units that are dead, or of its outputs that are saturated."""


def cut_off(trace: Trace, run: RunSpec, fate: Fate, lately: float | None = None) -> CutOff:
    """The layer with the largest share at the first step, or with the largest median over the last part of the steps.

    Only functions that can meet this fate count: the zero half of a ReLU is flat too.
    """
    series = trace.metrics.get(f"{fate}_fraction")
    if series is None or not series.steps.size:
        return CutOff()
    hidden = hidden_activations(run)
    rows = slice(1) if lately is None else last(series.steps, lately)
    shares = np.median(finite(series.values[rows]), axis=0)
    able = [
        CutOff(name, float(share))
        for name, share in zip(series.layers, shares, strict=True)
        if name in hidden and _can_meet(hidden[name].entry, fate)
    ]
    return max(able, key=lambda layer: layer.share, default=CutOff())


def _can_meet(function: Function, fate: Fate) -> bool:
    return function.zero_below if fate == "dead" else function.saturates
