"""The picture: every cell in the colour of its value, and what has no place on the scale in one of its own."""

from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from gradclinic import Job
from gradclinic.heatmap import NOT_FINITE, ZERO
from gradclinic.scale import Scale, scale_of
from gradclinic.series import Trace
from gradclinic.thin import thinned


def _trace(values: Any, nonfinite: Any = None, **rest: Any) -> Trace:
    array = np.array(values, np.float64)
    layers, points = array.shape
    defaults: dict[str, Any] = {
        "metric": "grad_norm", "unit": "1", "job": "made up", "agg": "max", "bucket_steps": 1, "source_points": points,
    }  # fmt: skip
    return Trace(
        **{**defaults, **rest},
        steps=np.arange(points) * rest.get("bucket_steps", 1),
        layers=tuple(f"{layer:02} linear" for layer in range(layers)),
        values=array,
        nonfinite=np.zeros(array.shape, np.int64) if nonfinite is None else np.array(nonfinite),
    )


@pytest.fixture(autouse=True)
def _no_figure_is_kept() -> Any:
    yield
    plt.close("all")


def _row(ax: Axes, layer: int) -> NDArray[np.float64]:
    """[pixels, 3] the colours in the middle of a layer, as they were drawn."""
    canvas = FigureCanvasAgg(ax.figure.figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    height = pixels.shape[0] - ax.transData.transform((0, layer))[1]
    row: NDArray[np.float64] = pixels[int(height), :, :3] / 255
    return row


def _cell(ax: Axes, layer: int, step: float) -> NDArray[np.float64]:
    """[3] the colour in the middle of a cell."""
    row = _row(ax, layer)
    colour: NDArray[np.float64] = row[int(ax.transData.transform((step + 0.5, layer))[0])]
    return colour


def _viridis(place: float) -> Any:
    return _like(mpl.colormaps["viridis"](float(place))[:3])


def _like(colour: Any) -> Any:
    return pytest.approx(to_rgb(colour), abs=0.02)


def test_colours_are_on_a_log_scale() -> None:
    ax = _trace([[1e-8, 1e-4], [1e-2, 1.0]]).plot()
    assert _cell(ax, 0, 0) == _viridis(0)
    assert _cell(ax, 0, 1) == _viridis(0.5)
    assert _cell(ax, 1, 0) == _viridis(0.75)
    assert _cell(ax, 1, 1) == _viridis(1)


def test_the_first_layer_stands_on_top_by_its_name() -> None:
    ax = _trace(np.ones((5, 4))).plot()
    assert ax.transData.transform((0, 0))[1] > ax.transData.transform((0, 4))[1]
    assert [label.get_text() for label in ax.get_yticklabels()] == [f"0{layer} linear" for layer in range(5)]
    assert ax.get_title(loc="left") == "made up"


def test_of_many_layers_some_are_named() -> None:
    names = [label.get_text() for label in _trace(np.ones((500, 4))).plot().get_yticklabels()]
    assert names[:2] == ["00 linear", "12 linear"]
    assert len(names) <= 42


def test_zeros_and_what_is_not_finite_have_their_own_colours() -> None:
    nan = float("nan")
    ax = _trace([[1.0, 0.0, nan, 5.0, nan]], [[0, 0, 1, 1, 0]]).plot()
    assert _cell(ax, 0, 1) == _like(ZERO)
    for step in (2, 3):
        assert _cell(ax, 0, step) == _like(NOT_FINITE)
    assert _cell(ax, 0, 4) == _like("white")
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["zero", "not finite"]


def test_where_all_is_well_there_is_no_legend() -> None:
    assert _trace([[1.0]]).plot().get_legend() is None


@pytest.mark.parametrize(
    ("values", "unit", "scale"),
    [
        ([[1.0, 5.0]], "1", Scale("log", 1e-3, 10.0)),
        ([[1e-9, 5.0]], "1", Scale("log", 1e-9, 10.0)),
        ([[0.0, 0.0]], "1", Scale("log", 1e-4, 1.0)),
        ([[np.nan]], "1", Scale("log", 1e-4, 1.0)),
        ([[-2.0, 1.0]], "1", Scale("signed", -2.0, 2.0)),
        ([[0.2, 0.3]], "share", Scale("share", 0.0, 1.0)),
    ],
)
def test_a_scale_fits_its_values(values: Any, unit: str, scale: Scale) -> None:
    found = scale_of([_trace(values, unit=unit)])
    assert found.kind == scale.kind
    assert [found.low, found.high] == pytest.approx([scale.low, scale.high])


def test_a_signed_value_and_a_share_are_drawn_too() -> None:
    ax = _trace([[-1.0, 0.0, 1.0]]).plot()
    blue, grey, red = (_cell(ax, 0, step) for step in range(3))
    assert blue[2] > blue[0]
    assert red[0] > red[2]
    assert np.ptp(grey) < 0.05
    assert _cell(_trace([[0.0, 0.5]], unit="share").plot(), 0, 0) == _viridis(0)


@pytest.mark.parametrize(("agg", "spike"), [("max", 1e6), ("min", 1e-6)])
def test_neither_a_spike_nor_a_nan_gets_lost_in_a_long_trace(agg: str, spike: float) -> None:
    values = np.ones((3, 5000))
    values[1, 1234] = spike
    nonfinite = np.zeros((3, 5000), int)
    nonfinite[2, 4321] = 1
    trace = _trace(values, nonfinite, agg=agg)
    short = thinned(trace, 600)
    assert short.values.shape == (3, 556)
    assert short.values[1, 1234 // 9] == spike
    assert (short.steps[1], short.bucket_steps) == (9, 9)
    assert short.nonfinite[2].sum() == 1
    ax = trace.plot()
    assert any(pixel == _like(NOT_FINITE) for pixel in _row(ax, 2))
    assert any(pixel == _viridis(1 if agg == "max" else 0) for pixel in _row(ax, 1))


def test_two_traces_share_one_scale(sick: Job) -> None:
    left, right = _trace([[1e-8]], job="sick").compare(_trace([[1.0]], job="cured"))
    *_, bar = left.figure.axes
    assert [ax.get_title(loc="left") for ax in (left, right)] == ["sick", "cured"]
    assert _cell(left, 0, 0) == _viridis(0)
    assert _cell(right, 0, 0) == _viridis(1)
    assert bar.get_ylabel() == "grad norm"
    with pytest.raises(ValueError, match="one metric"):
        _trace([[1.0]]).compare(_trace([[1.0]], metric="delta_norm"))


def test_a_picture_says_what_a_point_stands_for() -> None:
    ax = _trace([[1.0, 2.0]], bucket_steps=50, source_points=100).plot()
    assert ax.get_title(loc="left") == "made up, max of 50 steps"
    assert ax.get_xlim() == (0, 100)


def test_a_picture_of_nothing_says_so() -> None:
    ax = _trace(np.zeros((0, 0))).plot()
    assert [text.get_text() for text in ax.texts] == ["nothing recorded yet"]
    _row(ax, 0)


def test_a_picture_goes_where_it_is_wanted() -> None:
    figure, axes = plt.subplots(1, 2)
    assert _trace([[1.0]]).plot(axes[1]) is axes[1]
    assert len(plt.get_fignums()) == 1
    assert figure.axes[:2] == list(axes)
