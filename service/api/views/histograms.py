"""The gradient of a layer by magnitude."""

from service.api.views.shape import Shape


class HistogramBin(Shape):
    """An octave of |gradient|."""

    lo: float
    """log10|g| above which it begins."""
    hi: float
    """log10|g| up to which it goes, included; `lo` of the next row."""
    count: int


class HistogramView(Shape):
    """The entries of a layer's gradient at a step, by magnitude."""

    layer: str | None
    """As asked for; null: all layers added up."""
    step: int
    """The step shown: of those that have a histogram, the nearest to the one asked for."""
    attempt: int
    entries: int
    """Numbers in all: zeros, those that are not finite, and the counts of the bins."""
    zeros: int
    """Entries that are exactly zero."""
    nonfinite: int
    """NaN and infinite entries."""
    underflow_float16: int
    """Entries that are not zero and that float16 would round to zero, without a loss scale: |g| ≤ 2⁻²⁵."""
    bins: list[HistogramBin]
    """Ascending and without gaps, from the lowest occupied bin to the highest; empty where there is none."""
    steps: list[int]
    """Every step that has a histogram."""
    layers: list[str]
    """Every layer that has one, in depth order."""
