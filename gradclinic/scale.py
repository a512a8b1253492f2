"""From a value to a place between two colours; the same places as in the dashboard."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gradclinic.series import Trace

# A healthy network spans a decade or so. On a narrower range than this, noise would look like a finding.
_LEAST_DECADES = 4


@dataclass(frozen=True, slots=True)
class Scale:
    """`log`: whole decades. `share`: 0 to 1. `signed`: symmetric about zero."""

    kind: Literal["log", "share", "signed"]
    low: float
    high: float


def scale_of(traces: Sequence[Trace]) -> Scale:
    """The scale on which all of `traces`, of one metric, can be compared."""
    values = np.concatenate([trace.values[np.isfinite(trace.values)] for trace in traces])
    if all(trace.unit == "share" for trace in traces):
        return Scale("share", 0.0, 1.0)
    if (values < 0).any():
        reach = float(np.abs(values).max())
        return Scale("signed", -reach, reach)
    positive = values[values > 0]
    if not positive.size:
        return Scale("log", 10.0**-_LEAST_DECADES, 1.0)
    top = int(np.ceil(np.log10(positive.max())))
    bottom = min(int(np.floor(np.log10(positive.min()))), top - _LEAST_DECADES)
    return Scale("log", 10.0**bottom, 10.0**top)
