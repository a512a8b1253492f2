"""Whatever is recorded, a diagnosis is made: no exception, no warning, no NaN in the answer, and fast."""

import time

import numpy as np
import pytest

from service.diagnosis import diagnose
from service.trace.trace import Series, Trace
from tests.diagnosis.traces import Story, run, trace

STRANGE = np.array([0.0, 1e-45, 1e-30, 1.0, 3e38, np.inf, -np.inf, np.nan], dtype=np.float32)


@pytest.mark.parametrize("seed", range(60))
def test_any_values_on_any_grids(seed: int) -> None:
    random = np.random.default_rng(seed)
    function = random.choice(["tanh", "relu", "sigmoid", "gelu", "exponential"])
    anything = run(str(function), int(random.integers(0, 5)), steps=int(random.integers(1, 40)))
    told = trace(anything, Story())
    common = random.choice([1.0, 0.5, 0.02])

    def strange(series: Series) -> Series:
        rows = np.sort(random.choice(len(series.steps), size=random.integers(0, len(series.steps) + 1), replace=False))
        values = series.values[rows]
        hit = random.random(values.shape) < common
        return Series(series.steps[rows], series.layers, np.where(hit, random.choice(STRANGE, values.shape), values))

    kept = {name: strange(series) for name, series in told.metrics.items() if random.random() < 0.8}
    curves = {name: strange(series) for name, series in told.curves.items() if random.random() < 0.9}
    for finding in diagnose(Trace(told.rows, kept, curves), anything):
        assert "NaN" not in finding.model_dump_json().replace("the first NaN or infinity", "")
        assert finding.first_step <= finding.last_step


def test_nothing_recorded() -> None:
    anything = run()
    assert diagnose(Trace(trace(anything, Story()).rows), anything) == ()


def test_a_large_trace_takes_well_under_a_tenth_of_a_second() -> None:
    large = run("tanh", 50, steps=10_000)
    told = trace(large, Story((2.3, 2.3), factor=0.5))
    assert sum(series.values.size for series in told.metrics.values()) > 3_000_000
    fastest = min(_seconds(told, large) for _ in range(3))
    assert fastest < 0.1


def _seconds(told: Trace, large: object) -> float:
    begin = time.perf_counter()
    assert diagnose(told, large)  # type: ignore[arg-type]
    return time.perf_counter() - begin
