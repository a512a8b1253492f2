"""Depth × step as matplotlib draws it; zeros and values that are not finite in colours of their own."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, ListedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from gradclinic.scale import Scale, scale_of
from gradclinic.series import Trace
from gradclinic.thin import thinned

ZERO, NOT_FINITE = "#c3c8d0", "#d8243c"
# Blue, grey, red with equal lightness on both sides: a sign that colour-blind eyes can read.
_SIGNED = LinearSegmentedColormap.from_list("signed", ["#173d8c", "#6b9ed6", "#e6e6e3", "#ed8f61", "#99211f"])
# Narrower ones would fall between the pixels, and a spike of one step with them.
_COLUMN_PIXELS = 1.25
_MOST_NAMES = 42
_WIDTH, _EDGES, _A_LAYER, _TALLEST = 9.0, 1.3, 0.13, 7.0


def heatmap(trace: Trace, ax: Axes | None = None) -> Axes:
    """Draws a trace on `ax`, or in a figure of its own."""
    if ax is None:
        ax = _figure([trace]).subplots()
    scale = scale_of([trace])
    marks = _draw(trace, ax, scale)
    _explain(ax.get_figure(root=True) or plt.gcf(), [ax], trace, scale, marks)
    return ax


def side_by_side(traces: Sequence[Trace]) -> list[Axes]:
    """Draws traces of one metric in one figure on one colour scale. Raises `ValueError` for different metrics."""
    if len({trace.metric for trace in traces}) > 1:
        raise ValueError(f"One colour scale needs one metric, not {', '.join(trace.metric for trace in traces)}.")
    figure = _figure(traces)
    axes = list(figure.subplots(1, len(traces), squeeze=False)[0])
    scale = scale_of(traces)
    marks = [_draw(trace, ax, scale) for trace, ax in zip(traces, axes, strict=True)]
    both = _Marks(any(each.zero for each in marks), any(each.not_finite for each in marks))
    _explain(figure, axes, traces[0], scale, both)
    return axes


@dataclass(frozen=True, slots=True)
class _Marks:
    """Which of the cells without a place on the scale there are."""

    zero: bool
    not_finite: bool


def _figure(traces: Sequence[Trace]) -> Figure:
    tallest = max(len(trace.layers) for trace in traces)
    size = (_WIDTH * (0.4 + 0.6 * len(traces)), min(_EDGES + _A_LAYER * max(tallest, 8), _TALLEST))
    # Of pyplot, so that a notebook shows it by itself.
    return plt.figure(figsize=size, layout="constrained")


def _draw(whole: Trace, ax: Axes, scale: Scale) -> _Marks:
    trace = thinned(whole, max(1, int(ax.get_window_extent().width / _COLUMN_PIXELS)))
    colors, norm = _colors(scale)
    ax.set_title(_title(whole), loc="left", fontsize="medium")
    ax.set_xlabel("step")
    ax.set_yticks(*_names(trace), fontsize="x-small")
    ax.tick_params(axis="y", length=0)
    if not trace.values.size:
        ax.text(0.5, 0.5, "nothing recorded yet", transform=ax.transAxes, ha="center", va="center")
        return _Marks(zero=False, not_finite=False)
    across = np.append(trace.steps, trace.steps[-1] + trace.bucket_steps)
    down = np.arange(len(trace.layers) + 1) - 0.5
    not_finite = trace.nonfinite > 0
    zero = (trace.values == 0) & ~not_finite & (scale.kind == "log")
    shown = np.isfinite(trace.values) & ~not_finite & ~zero
    ax.pcolormesh(across, down, np.where(shown, trace.values, np.nan), cmap=colors, norm=norm)
    marks = np.where(not_finite, 1.0, np.where(zero, 0.0, np.nan))
    ax.pcolormesh(across, down, marks, cmap=ListedColormap([ZERO, NOT_FINITE]), vmin=0, vmax=1)
    ax.invert_yaxis()
    return _Marks(bool(zero.any()), bool(not_finite.any()))


def _explain(figure: Figure, axes: Sequence[Axes], trace: Trace, scale: Scale, marks: _Marks) -> None:
    colors, norm = _colors(scale)
    figure.colorbar(ScalarMappable(norm, colors), ax=list(axes), label=trace.metric.replace("_", " "), pad=0.01)
    patches = [Patch(color=ZERO, label="zero")] * marks.zero + [Patch(color=NOT_FINITE, label="not finite")] * (
        marks.not_finite
    )
    if patches:
        axes[-1].legend(
            handles=patches, loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize="small"
        )


def _colors(scale: Scale) -> tuple[Colormap, Normalize]:
    if scale.kind == "log":
        return mpl.colormaps["viridis"], LogNorm(scale.low, scale.high)
    return (_SIGNED if scale.kind == "signed" else mpl.colormaps["viridis"]), Normalize(scale.low, scale.high)


def _names(trace: Trace) -> tuple[list[int], list[str]]:
    """Which rows are named: all of them, or so many that they can be read."""
    every = max(1, -(-len(trace.layers) // _MOST_NAMES))
    places = list(range(0, len(trace.layers), every))
    return places, [trace.layers[place] for place in places]


def _title(trace: Trace) -> str:
    buckets = len(trace.steps) < trace.source_points
    return f"{trace.job}, {trace.agg} of {trace.bucket_steps} steps" if buckets else trace.job
