"""When a target was reached."""

from typing import Any

import numpy as np
import pytest

from service.jobs.result import first_reached
from service.spec.training import Goal
from service.trace.trace import Series, Trace


def trace_of(metric: str, values: list[float]) -> Trace:
    recorded = np.array(values, np.float32)[:, None]
    return Trace((), curves={metric: Series(np.arange(len(values)) * 5, ("",), recorded)})


@pytest.mark.parametrize(
    ("metric", "goal", "values", "step"),
    [
        ("accuracy", 0.9, [0.1, 0.9, 0.5], 5),  # 0.9 is stored as a little less
        ("validation_accuracy", 0.8, [0.1, 0.79, 1.0], 10),
        ("loss", 0.1, [0.3, 0.1, 0.0], 5),
        ("validation_loss", 0.1, [np.nan, np.inf, 0.05], 10),
        ("accuracy", 0.5, [np.nan, 0.4], None),
        ("loss", 0.5, [np.inf, np.nan, 0.6], None),
        ("loss", 0.5, [], None),
    ],
)
def test_the_first_step_that_is_as_good(metric: Any, goal: float, values: list[float], step: int | None) -> None:
    assert first_reached(Goal(metric=metric, value=goal), trace_of(metric, values)) == step


def test_what_was_never_measured_is_never_reached() -> None:
    assert first_reached(Goal(metric="validation_loss", value=1.0), trace_of("loss", [0.0])) is None
