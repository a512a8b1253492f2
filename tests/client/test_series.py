"""Traces and curves as arrays and frames, against what the service answers to a plain request."""

import subprocess
import sys
from typing import Any

import httpx
import numpy as np
import pytest

from gradclinic import Client, Job, Refused
from gradclinic.job import path_of
from tests.client.scripted import Answer, scripted
from tests.embedded import ROOT
from tests.experiments import body, linear, repeat

_STEPS = 300


@pytest.fixture(scope="module")
def diverged(client: Client) -> Job:
    """Ten linear layers that blow up within a few steps."""
    layers = (repeat(10, linear(64)), linear(10))
    training = {"steps": 30, "optimizer": {"name": "sgd", "lr": 10.0}}
    return client.submit(body(*layers, init={"scheme": "normal", "std": 1.0}, training=training)).wait(progress=False)


def _answer(job: Job, path: str, **query: Any) -> dict[str, Any]:
    address = f"{job.page.partition('/ui/')[0]}{path_of(job.id)}/{path}"
    answer: dict[str, Any] = httpx.get(address, params=query).raise_for_status().json()
    return answer


def test_a_trace_is_what_the_service_says(sick: Job) -> None:
    trace = sick.trace("grad_norm")
    said = _answer(sick, "traces", metric="grad_norm")
    assert trace.values.shape == (21, _STEPS)
    assert trace.values.tolist() == said["values"]
    assert trace.steps.tolist() == said["steps"]
    assert list(trace.layers) == said["layers"]
    assert trace.nonfinite.tolist() == said["nonfinite"]
    assert (trace.metric, trace.unit, trace.agg, trace.bucket_steps) == ("grad_norm", "1", "max", 1)
    assert repr(trace) == "<Trace grad_norm of 'deep sigmoid MLP': 21 layers × 300 steps>"


def test_a_trace_shows_the_gradient_vanish(sick: Job) -> None:
    first, last = sick.trace("grad_norm").values[[0, -1]].mean(axis=1)
    assert first < 1e-10 * last


def test_a_part_of_a_trace_is_asked_for(sick: Job) -> None:
    whole = sick.trace("grad_norm")
    part = sick.trace("grad_norm", layers=["00 linear", "40 linear"], from_step=10, to_step=19)
    assert part.layers == ("00 linear", "40 linear")
    assert part.steps.tolist() == list(range(10, 20))
    assert np.array_equal(part.values, whole.values[[0, -1], 10:20])
    assert sick.trace(layers="02 linear").layers == ("02 linear",)


@pytest.mark.parametrize(("agg", "reduce"), [("max", np.max), ("min", np.min), ("mean", np.mean)])
def test_a_long_trace_is_made_short(agg: Any, reduce: Any, sick: Job) -> None:
    whole, short = sick.trace("grad_norm"), sick.trace("grad_norm", max_points=30, agg=agg)
    assert short.values.shape == (21, 30)
    assert short.bucket_steps == 10
    assert short.values == pytest.approx(reduce(whole.values.reshape(21, 30, 10), axis=2), rel=1e-6)
    assert repr(short).endswith(f"21 layers × 30 points, each the {agg} of 10 steps>")


@pytest.mark.parametrize("metric", ["grad_norm", "delta_norm", "time_delta_norm"])
@pytest.mark.parametrize("bounds", [{}, {"from_step": 55}, {"from_step": 10, "to_step": 277}])
def test_every_recorded_step_comes_in_as_many_requests_as_it_takes(
    metric: str, bounds: dict[str, Any], sick: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = _answer(sick, "traces", metric=metric, max_points=5000, **bounds)
    monkeypatch.setattr("gradclinic.windows.MOST_POINTS", 32)
    trace = sick.trace(metric, max_points=None, **bounds)
    assert trace.steps.tolist() == said["steps"]
    assert trace.values.tolist() == said["values"]
    assert list(trace.layers) == said["layers"]
    assert trace.source_points == len(trace.steps)


def test_a_trace_that_begins_anew_is_read_anew() -> None:
    def part(steps: list[int], source: int, attempt: int) -> Answer:
        column = {"layers": ["a"], "values": [[float(attempt)] * len(steps)], "nonfinite": [[0] * len(steps)]}
        said = {"metric": "grad_norm", "unit": "1", "agg": "max", "bucket_steps": 5000, "source_points": source}
        return Answer(body={**said, **column, "steps": steps, "attempt": attempt})

    job = Answer(body={"id": "job_1", "name": ""})
    first = [part([0, 5000], 10_000, 1), part([0], 1, 1), part([5000], 1, 2)]
    second = [part([0, 5000], 10_000, 2), part([0], 1, 2), part([5000], 1, 2)]
    with scripted(job, *first, *second) as script, Client(script.url) as client:
        trace = client.job("job_1").trace(max_points=None)
    assert trace.values.tolist() == [[2.0, 2.0]]


def test_what_is_not_finite_is_nan_and_counted(diverged: Job) -> None:
    trace = diverged.trace("grad_norm")
    said = _answer(diverged, "traces", metric="grad_norm")
    assert any(None in row for row in said["values"])
    assert np.array_equal(np.isnan(trace.values), [[value is None for value in row] for row in said["values"]])
    assert (trace.nonfinite[np.isnan(trace.values)] > 0).all()
    assert np.isnan(trace.to_frame().to_numpy()).any()


def test_a_curve_is_what_the_service_says(sick: Job) -> None:
    curve = sick.curve("loss")
    said = _answer(sick, "curves", metric="loss")
    assert curve.values.tolist() == said["values"][0]
    assert curve.steps.tolist() == said["steps"] == list(range(_STEPS))
    assert curve.nonfinite.tolist() == said["nonfinite"][0]
    assert repr(curve) == "<Curve loss of 'deep sigmoid MLP': 300 steps>"


def test_what_was_never_recorded_is_empty(sick: Job) -> None:
    assert sick.curve("loss_scale").values.shape == (0,)
    trace = sick.trace("time_delta_norm")
    assert trace.values.shape == (0, 0)
    assert trace.to_frame().empty


def test_what_there_is_none_of_is_refused(sick: Job) -> None:
    with pytest.raises(Refused, match="There is no such metric; there are: grad_norm, "):
        sick.trace("gradient")
    with pytest.raises(Refused, match="There is no layer `99 linear`"):
        sick.trace(layers=["99 linear"])
    with pytest.raises(Refused, match="max_points"):
        sick.trace(max_points=0)


def test_frames_have_steps_and_layers(sick: Job) -> None:
    trace, curve = sick.trace("grad_norm"), sick.curve("lr")
    frame, series = trace.to_frame(), curve.to_series()
    assert frame.shape == (_STEPS, 21)
    assert (frame.index.name, frame.columns.name) == ("step", "grad_norm")
    assert frame.loc[7, "02 linear"] == trace.values[1, 7]
    assert (series.name, series.index.name) == ("lr", "step")
    assert series.loc[299] == pytest.approx(0.1)


_WITHOUT = """
import sys
sys.modules.update(dict.fromkeys({packages!r}))
import numpy as np
from gradclinic.series import Trace
none = np.zeros((1, 1))
trace = Trace("m", "1", "j", "max", 1, 1, np.zeros(1, int), ("a",), none, none.astype(int))
trace.{call}()
"""


@pytest.mark.parametrize(
    ("package", "call"), [("pandas", "to_frame"), ("matplotlib", "plot"), ("matplotlib", "compare")]
)
def test_a_package_that_is_missing_is_told_by_its_name(package: str, call: str) -> None:
    program = _WITHOUT.format(packages=[package], call=call)
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.stderr.splitlines()[-1] == (
        f"ModuleNotFoundError: This needs {package}: pip install 'gradclinic[notebook]', or pip install {package}."
    )


def test_a_trace_is_not_compared_by_its_numbers(sick: Job) -> None:
    first, second = sick.trace(), sick.trace()
    assert first != second
    assert first in [second, first]
