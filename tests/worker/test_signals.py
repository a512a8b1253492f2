"""What counts as a unit, whose units they are, and what a recurrent layer has read."""

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.experiments import activation, body, linear, residual, resolved
from worker.build import build
from worker.probes.measured import feeding_rows, measured_outputs
from worker.probes.signals import SignalProbe
from worker.probes.through_time import TimeProbe

CONV2D: dict[str, Any] = {"kind": "conv2d", "out_channels": 4, "kernel_size": 3}
CONV1D: dict[str, Any] = {"kind": "conv1d", "out_channels": 4, "kernel_size": 3}
POOL: dict[str, Any] = {"kind": "global_avg_pool"}
RELU = activation("relu")
SEQUENCE: dict[str, Any] = {"kind": "rnn", "hidden_size": 4, "output": "sequence"}


@pytest.mark.parametrize(
    ("layers", "row", "axis"),
    [
        pytest.param((linear(4), RELU, linear(10)), 1, 1, id="vectors"),
        pytest.param((CONV2D, RELU, POOL, linear(10)), 1, 1, id="images"),
        pytest.param((CONV1D, RELU, POOL, linear(10)), 1, 1, id="signals"),
        pytest.param((CONV2D, {"kind": "max_pool", "kernel_size": 2}, RELU, POOL, linear(10)), 2, 1, id="pooled"),
        pytest.param((SEQUENCE, linear(4), RELU, {"kind": "flatten"}, linear(10)), 2, 2, id="sequences"),
        pytest.param(
            (SEQUENCE, linear(4), {"kind": "transpose"}, RELU, {"kind": "flatten"}, linear(10)), 3, 1, id="transposed"
        ),
        pytest.param((CONV2D, {"kind": "flatten"}, linear(4), RELU, linear(10)), 3, 1, id="behind flatten"),
        pytest.param((residual({**CONV2D, "padding": 1}), RELU, POOL, linear(10)), 2, 1, id="behind a residual"),
        pytest.param(
            ({**SEQUENCE, "nonlinearity": "relu"}, {"kind": "flatten"}, linear(10)), 0, 2, id="relu inside an rnn"
        ),
    ],
)
def test_a_unit_is_dead_where_it_is_zero_over_batch_and_positions(layers: Any, row: int, axis: int) -> None:
    run = resolved(body(*layers))
    placed = run.placed()
    probe = SignalProbe(placed, build(placed, run.network.layers).layers, (), 8, torch.zeros(1))
    tape = [torch.rand(8, *layer.out_shape) + 0.1 for layer in placed]
    first, second = tape[row].movedim(axis, 0)[:2]
    first.zero_()
    second.zero_()
    second[0].view(-1)[-1] = -1e-30  # one of them lives
    probe._time.rows = ()
    signals = probe.measure(tape[0], tape, [tape[chosen] for chosen in probe.delta_rows])
    values = torch.cat(probe.row(signals, ())).double().numpy()[None]
    assert probe.metrics(values)["dead_fraction"] == {row: pytest.approx([1 / tape[row].shape[axis]])}


@pytest.mark.parametrize(
    ("layers", "fed_by"),
    [
        ((linear(4), {"kind": "batch_norm"}, activation("tanh"), linear(10)), {2: 0}),
        ((CONV2D, {"kind": "group_norm", "num_groups": 1}, activation("elu"), POOL, linear(10)), {2: 0}),
        ((linear(4), RELU, linear(4), activation("leaky_relu"), linear(10)), {3: 2}),
        ((SEQUENCE, activation("tanh"), {"kind": "flatten"}, linear(10)), {}),
        ((residual(linear(4)), activation("tanh"), linear(10)), {}),
        ((linear(4), {"kind": "dropout"}, activation("tanh"), linear(10)), {}),
    ],
)
def test_silent_units_are_those_of_the_layer_right_before(layers: Any, fed_by: dict[int, int]) -> None:
    assert feeding_rows(resolved(body(*layers)).placed()) == fed_by


def test_what_is_measured() -> None:
    layers = (
        CONV2D, {"kind": "batch_norm"}, RELU, {"kind": "max_pool", "kernel_size": 2}, {"kind": "flatten"},
        residual(linear(16)), activation("tanh"), linear(10),
    )  # fmt: skip
    assert measured_outputs(resolved(body(*layers)).placed()) == [2, 5, 7, 8]
    recurrent = ({"kind": "lstm", "hidden_size": 4}, {"kind": "layer_norm"}, linear(10))
    assert measured_outputs(resolved(body(*recurrent)).placed()) == [0, 1, 2]


def test_a_recurrent_layer_has_read_what_it_is_said_to_have_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run again on it, the layer gives what it gave: also as the first of all, and behind an opened skip path."""
    gru = {"kind": "gru", "hidden_size": 8, "output": "sequence"}
    layers = (
        residual(gru, activation("tanh"), residual(gru, gru), gru),
        {"kind": "lstm", "hidden_size": 5},
        linear(10),
    )
    run = resolved(body(*layers))
    placed = run.placed()
    seen: dict[int, Tensor] = {}
    network = build(placed, run.network.layers)
    probe = SignalProbe(placed, network.layers, (), 8, torch.zeros(1))

    def measure(_: TimeProbe, inputs: Mapping[int, Tensor], deltas: Mapping[int, Tensor]) -> list[Tensor]:
        seen.update(inputs)
        assert deltas.keys() >= inputs.keys()
        return []

    monkeypatch.setattr(TimeProbe, "measure", measure)
    batch = torch.randn(8, *run.sample_shape)
    tape: list[Tensor] = []
    network(batch, tape)
    probe.measure(batch, tape, [tape[row] for row in probe.delta_rows])
    assert [placed[row].layer.kind for row in seen] == ["gru"] * 4 + ["lstm"]
    for row, inputs in seen.items():
        torch.testing.assert_close(network.layers[row](inputs), tape[row])
