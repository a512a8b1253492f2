"""Where time columns sit."""

from itertools import pairwise

import pytest

from service.trace.metrics import METRICS
from service.trace.time_axis import METRIC, TimeColumn, chosen_times, time_axis, time_column_count, time_columns
from tests.experiments import body, linear, repeat, resolved


@pytest.mark.parametrize("steps", [1, 2, 255, 256, 257, 300, 511, 512, 1000, 100_000])
def test_times_are_at_most_256_evenly_spread_with_both_ends(steps: int) -> None:
    times = chosen_times(steps)
    assert len(times) == min(steps, 256)
    assert (times[0], times[-1]) == (0, steps - 1)
    gaps = {later - earlier for earlier, later in pairwise(times)}
    assert not gaps or (min(gaps) >= 1 and max(gaps) - min(gaps) <= 1)


def test_columns_are_named_by_layer_and_time_in_their_order() -> None:
    layers = [
        {"kind": "lstm", "hidden_size": 4, "output": "sequence", "num_layers": 2},
        linear(3),
        {"kind": "rnn", "hidden_size": 4},
        linear(1),
    ]
    placed = resolved(body(*layers, source={"kind": "adding", "length": 300}, training={"loss": "mse"})).placed()
    axis = time_axis(placed)
    assert axis[0] == TimeColumn("00 lstm t000", "00 lstm", 0)
    assert axis[-1] == TimeColumn("02 rnn t299", "02 rnn", 299)
    assert time_columns(placed) == tuple(column.name for column in axis)
    assert len(axis) == time_column_count(placed) == 512
    assert list(time_columns(placed)) == sorted(time_columns(placed))


@pytest.mark.parametrize(("layers", "each"), [(16, 256), (17, 240), (500, 8)])
def test_many_layers_share_the_columns(layers: int, each: int) -> None:
    rnn = {"kind": "rnn", "hidden_size": 1, "output": "sequence"}
    sent = body(repeat(layers, rnn), {"kind": "flatten"}, linear(1), source={"kind": "adding", "length": 300},
                training={"loss": "mse"})  # fmt: skip
    placed = resolved(sent).placed()
    times = [column.time for column in time_axis(placed) if column.layer == placed[-3].name]
    assert (len(times), times[0], times[-1]) == (each, 0, 299)
    assert len(time_axis(placed)) == time_column_count(placed) == layers * each


def test_a_network_without_recurrent_layers_has_none() -> None:
    placed = resolved(body()).placed()
    assert (time_axis(placed), time_column_count(placed)) == ((), 0)


def test_the_metric_is_one_of_those_recorded() -> None:
    assert METRIC in METRICS
