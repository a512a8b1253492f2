"""What happens to the signal through time: which layer, which time steps, since when."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from service.diagnosis.evidence.distortion import fading, growing
from service.diagnosis.evidence.through_time import through_time
from service.spec.run import RunSpec
from service.trace.time_axis import METRIC, time_columns
from service.trace.trace import Series, Trace
from tests.diagnosis.traces import Story, recurrent, trace
from tests.experiments import body, linear, resolved

LENGTH = 10
RUN = resolved(
    body(
        {"kind": "rnn", "hidden_size": 4, "output": "sequence"},
        {"kind": "lstm", "hidden_size": 4},
        linear(1),
        source={"kind": "adding", "length": LENGTH},
        training={"loss": "mse"},
    )
)
FLAT, TO_END = np.ones(LENGTH), np.arange(LENGTH)[::-1]


def recorded(*profiles: NDArray[np.float64], run: RunSpec = RUN) -> Trace:
    """A trace of one signal of all layers for each step, 0, 1, …"""
    values = np.stack(profiles).astype(np.float32)
    return Trace((), {METRIC: Series(np.arange(len(profiles)), time_columns(run.placed()), values)})


def test_each_layer_is_relative_to_its_own_last_time_step() -> None:
    first, second = through_time(recorded(np.concatenate([5 * 0.5**TO_END, 3 * FLAT])), RUN)
    assert (first.layer, first.gated, second.layer, second.gated) == ("00 rnn", False, "01 lstm", True)
    assert first.at_start.tolist() == pytest.approx(list(0.5**TO_END))
    assert second.at_start.tolist() == [1.0] * LENGTH
    assert first.times.tolist() == list(range(LENGTH))


def test_steps_that_are_not_finite_or_without_any_signal_do_not_count() -> None:
    whole = np.concatenate([FLAT, FLAT])
    hole, silent = whole.copy(), whole.copy()
    hole[3], silent[LENGTH - 1] = np.nan, 0.0
    first, second = through_time(recorded(hole, whole, silent), RUN)
    assert (first.steps.tolist(), second.steps.tolist()) == ([1], [0, 1, 2])


def test_all_layers_that_fade_are_named_and_the_worst_is_described() -> None:
    found = fading(through_time(recorded(np.concatenate([0.1**TO_END, 0.01**TO_END])), RUN), 1e-7)
    assert found is not None
    assert (found.layers, found.worst.layer) == (("00 rnn", "01 lstm"), "01 lstm")
    assert found.value == pytest.approx(1e-18, rel=1e-3)
    assert found.per_step == pytest.approx(0.01, rel=1e-3)
    assert found.times.tolist() == list(range(6))
    assert found.told("below 1e-07") == "a factor of 0.01 per time step; below 1e-07 at time steps 0 to 5"


def test_what_two_directions_lose_is_lost_in_the_middle() -> None:
    """Each reads one end last: the answer's gradient enters at both ends."""
    both = np.maximum(0.01 ** np.arange(LENGTH), 0.01**TO_END)
    found = fading(through_time(recorded(np.concatenate([both, FLAT])), RUN), 1e-7)
    assert found is not None
    assert (found.layers, found.worst.times[found.column]) == (("00 rnn",), 4)
    assert found.times.tolist() == [4, 5]
    assert found.per_step == pytest.approx(0.01**0.8, rel=1e-3)


def test_growth_counts_at_the_initial_weights_or_lately() -> None:
    flat, grown = np.concatenate([FLAT, FLAT]), np.concatenate([2.5**TO_END, 3.0**TO_END])
    for profiles, steps in (([grown, flat, flat], [0]), ([flat, flat, grown, grown], [2, 3])):
        found = growing(through_time(recorded(*profiles), RUN), 1e3)
        assert found is not None
        assert (found.layers, found.worst.layer) == (("00 rnn", "01 lstm"), "01 lstm")
        assert found.steps.tolist() == steps
        assert found.value == pytest.approx(3.0**9)
        assert found.times.tolist() == [0, 1, 2]
    assert growing(through_time(recorded(flat, grown, flat, flat, flat, flat), RUN), 1e3) is None


def test_the_factor_is_per_time_step_however_few_of_them_are_recorded() -> None:
    long = recurrent(length=2000)
    found = fading(through_time(trace(long, Story(through_time=0.98)), long), 1e-7)
    assert found is not None
    assert found.per_step == pytest.approx(0.98, rel=1e-4)
    assert (found.worst.times[-1], len(found.worst.times)) == (1999, 256)


@pytest.mark.parametrize("judge", [fading, growing])
def test_a_network_without_time_has_nothing_to_judge(judge: Callable[..., object]) -> None:
    plain = resolved(body())
    assert judge(through_time(Trace(()), plain), 1.0) is None
    assert list(through_time(recorded(np.ones(2 * LENGTH)), plain)) == []
