"""What was recorded, as arrays."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gradclinic.errors import Json
from gradclinic.extras import notebook_extra
from gradclinic.windows import Range, windows

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Get = Callable[..., Any]


@dataclass(frozen=True, eq=False, slots=True)
class Trace:
    """A metric of L layers at P points."""

    metric: str
    unit: str
    job: str
    """Name of the job, or its id."""
    agg: str
    """What a point says of its steps: their `max`, `min`, `mean` or `last`."""
    bucket_steps: int
    """Optimizer steps that one point stands for."""
    source_points: int
    """Recorded steps that the points were made of."""
    steps: NDArray[np.int64]
    """[P] the first recorded step of each point."""
    layers: tuple[str, ...]
    """L names in depth order; of `time_delta_norm`, time steps of recurrent layers."""
    values: NDArray[np.float64]
    """[L, P]; NaN where there is no finite number."""
    nonfinite: NDArray[np.int64]
    """[L, P] how many NaN and infinite values each point stands for."""

    def to_frame(self) -> "pd.DataFrame":
        """A row for each step and a column for each layer. Needs pandas."""
        with notebook_extra("pandas"):
            import pandas as pd  # noqa: PLC0415
        frame = pd.DataFrame(self.values.T, index=pd.Index(self.steps, name="step"), columns=list(self.layers))
        return frame.rename_axis(columns=self.metric)

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Depth × step as a heatmap, on `ax` or in a figure of its own. Needs matplotlib.

        Colours are on a log scale; zeros are grey and values that are not finite red, whatever else a point stands for.
        """
        with notebook_extra("matplotlib"):
            from gradclinic.heatmap import heatmap  # noqa: PLC0415
        return heatmap(self, ax)

    def compare(self, *others: "Trace") -> "list[Axes]":
        """This trace and `others` side by side as heatmaps on one colour scale. Needs matplotlib."""
        with notebook_extra("matplotlib"):
            from gradclinic.heatmap import side_by_side  # noqa: PLC0415
        return side_by_side([self, *others])

    def __repr__(self) -> str:
        return f"<Trace {self.metric} of {self.job!r}: {len(self.layers)} layers × {_points(self)}>"


@dataclass(frozen=True, eq=False, slots=True)
class Curve:
    """A metric of the whole network at P points; the members are those of a trace."""

    metric: str
    unit: str
    job: str
    agg: str
    bucket_steps: int
    source_points: int
    steps: NDArray[np.int64]
    """[P]"""
    values: NDArray[np.float64]
    """[P]; NaN where there is no finite number."""
    nonfinite: NDArray[np.int64]
    """[P]"""

    def to_series(self) -> "pd.Series[float]":
        """A value for each step. Needs pandas."""
        with notebook_extra("pandas"):
            import pandas as pd  # noqa: PLC0415
        return pd.Series(self.values, index=pd.Index(self.steps, name="step"), name=self.metric)

    def __repr__(self) -> str:
        return f"<Curve {self.metric} of {self.job!r}: {_points(self)}>"


def trace(get: Get, query: Json, max_points: int | None, steps: Range, job: str) -> Trace:
    """The trace that `get` answers to `query`, in at most `max_points` points or, with None, in all there are."""
    parts = windows(get, "/traces", query, max_points, steps)
    return Trace(layers=tuple(parts[0]["layers"]), values=_values(parts), nonfinite=_counts(parts), **_said(parts, job))


def curve(get: Get, query: Json, max_points: int | None, steps: Range, job: str) -> Curve:
    """The same of the whole network."""
    parts = windows(get, "/curves", query, max_points, steps)
    # The network is the only row. Before its first point there is none.
    return Curve(values=_values(parts)[:1].ravel(), nonfinite=_counts(parts)[:1].ravel(), **_said(parts, job))


def _said(parts: Sequence[Json], job: str) -> Json:
    first = parts[0]
    return {
        "metric": first["metric"],
        "unit": first["unit"],
        "job": job,
        "agg": first["agg"],
        "bucket_steps": max(part["bucket_steps"] for part in parts),
        "source_points": sum(part["source_points"] for part in parts),
        "steps": np.array([step for part in parts for step in part["steps"]], np.int64),
    }


def _values(parts: Sequence[Json]) -> NDArray[np.float64]:
    return np.concatenate([_rows(part, "values", np.float64) for part in parts], axis=1)


def _counts(parts: Sequence[Json]) -> NDArray[np.int64]:
    return np.concatenate([_rows(part, "nonfinite", np.int64) for part in parts], axis=1)


def _rows(part: Json, name: str, dtype: type) -> NDArray[Any]:
    # null becomes NaN.
    return np.array(part[name], dtype).reshape(len(part["layers"]), len(part["steps"]))


def _points(series: Trace | Curve) -> str:
    points = f"{len(series.steps)} steps"
    if len(series.steps) < series.source_points:
        points = f"{len(series.steps)} points, each the {series.agg} of {series.bucket_steps} steps"
    return points
