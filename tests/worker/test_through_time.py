"""∂loss/∂h_t against perturbed states: torch's own cells, step by step in float64, from a state pushed a little."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from service.trace.time_axis import chosen_times
from tests.experiments import body, linear, resolved
from tests.worker.recording import trained
from worker.build import build
from worker.probes.through_time import TimeProbe

CELLS = {"RNN_TANH": nn.RNNCell, "RNN_RELU": nn.RNNCell, "LSTM": nn.LSTMCell, "GRU": nn.GRUCell}
LENGTH, BATCH, HIDDEN = 5, 2, 3
NUDGE = 1e-6


def probed(*, length: int = LENGTH, **layer: Any) -> tuple[TimeProbe, nn.RNNBase, tuple[int, ...]]:
    """A probe of one recurrent layer on the adding problem, its module in float64, and the shape of its output."""
    fields = {"hidden_size": HIDDEN, **layer}
    source = {"kind": "adding", "length": length}
    run = resolved(body(fields, {"kind": "flatten"}, linear(1), source=source, training={"loss": "mse"}))
    placed = run.placed()
    network = build(placed, run.network.layers).double()
    module = network.layers[0]
    assert isinstance(module, nn.RNNBase)
    return TimeProbe(placed, network.layers), module, placed[0].out_shape


def states(module: nn.RNNBase, x: Tensor, name: str, pushed: tuple[int, Tensor] | None = None) -> Tensor:
    """[T, B, H] of one direction of one layer; `pushed`: what is added to h_t as soon as it is there."""
    cell = CELLS[module.mode](x.shape[2], module.hidden_size, bias=module.bias, dtype=x.dtype)
    if module.mode == "RNN_RELU":
        cell.nonlinearity = "relu"
    cell.load_state_dict({part: getattr(module, f"{part}_{name}") for part in cell.state_dict()})
    found: dict[int, Tensor] = {}
    state: Any = None
    times = range(len(x))
    for t in reversed(times) if "reverse" in name else times:
        state = cell(x[t], state)
        if pushed and pushed[0] == t:
            state = (state[0] + pushed[1], state[1]) if isinstance(state, tuple) else state + pushed[1]
        found[t] = state[0] if isinstance(state, tuple) else state
    return torch.stack([found[t] for t in times])


def loss(module: nn.RNNBase, x: Tensor, delta: Tensor, pushed: tuple[int, Tensor]) -> float:
    """⟨delta, output⟩ with the top's h_t pushed: a loss whose gradient at the output is `delta`."""
    suffixes = ("", "_reverse") if module.bidirectional else ("",)
    x = x.transpose(0, 1)
    for layer in range(module.num_layers - 1):
        x = torch.cat([states(module, x, f"l{layer}{suffix}") for suffix in suffixes], dim=2)
    t, push = pushed
    tops = [
        states(module, x, f"l{module.num_layers - 1}{suffix}", (t, part))
        for suffix, part in zip(suffixes, push.chunk(len(suffixes), dim=1), strict=True)
    ]
    if delta.dim() == 3:
        return float((torch.cat(tops, dim=2).transpose(0, 1) * delta).sum())
    return float((torch.cat([tops[0][-1], *(top[0] for top in tops[1:])], dim=1) * delta).sum())


@torch.no_grad()
def perturbed(module: nn.RNNBase, x: Tensor, delta: Tensor) -> Iterator[float]:
    """‖∂loss/∂h_t‖ for each t, entry by entry."""
    width = HIDDEN * (2 if module.bidirectional else 1)
    for t in range(x.shape[1]):
        nudges = NUDGE * torch.eye(BATCH * width, dtype=x.dtype).view(-1, BATCH, width)
        slopes = [
            (loss(module, x, delta, (t, nudge)) - loss(module, x, delta, (t, -nudge))) / (2 * NUDGE) for nudge in nudges
        ]
        yield float(np.linalg.norm(slopes))


@pytest.mark.parametrize("output", ["last", "sequence"])
@pytest.mark.parametrize(
    "layer",
    [
        {"kind": "rnn"},
        {"kind": "rnn", "nonlinearity": "relu"},
        {"kind": "rnn", "bias": False},
        {"kind": "lstm"},
        {"kind": "gru"},
        {"kind": "rnn", "num_layers": 3},
        {"kind": "lstm", "bidirectional": True},
        {"kind": "gru", "num_layers": 2, "bidirectional": True, "bias": False},
    ],
    ids=lambda layer: " ".join(map(str, layer.values())),
)
def test_equals_the_slope_of_the_loss_when_a_state_is_pushed(layer: dict[str, Any], output: str) -> None:
    torch.manual_seed(0)
    probe, module, shape = probed(**layer, output=output)
    x = torch.randn(BATCH, LENGTH, 2, dtype=torch.float64)
    delta = torch.randn(BATCH, *shape, dtype=torch.float64)
    [norms] = probe.measure({0: x}, {0: delta})
    assert norms.tolist() == pytest.approx(list(perturbed(module, x, delta)), rel=1e-6)


@pytest.mark.parametrize("length", [2, 5, 1000])
def test_one_unit_near_zero_passes_on_its_weight_at_every_step(length: int) -> None:
    probe, module, _ = probed(length=length, kind="rnn", hidden_size=1, output="last")
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
        module.weight_hh_l0.fill_(0.99)
    [norms] = probe.measure({0: torch.zeros(1, length, 2)}, {0: torch.full((1, 1), 3.0)})
    assert norms.tolist() == pytest.approx([3.0 * 0.99 ** (length - 1 - t) for t in chosen_times(length)])


def test_leaves_gradients_random_numbers_and_what_it_is_given_alone() -> None:
    probe, module, shape = probed(kind="lstm", output="sequence")
    x = torch.randn(BATCH, LENGTH, 2, dtype=torch.bfloat16, requires_grad=True)
    random = torch.get_rng_state()
    with torch.no_grad():
        [norms] = probe.measure({0: x}, {0: torch.ones(BATCH, *shape, dtype=torch.bfloat16)})
    assert torch.isfinite(norms).all()
    assert torch.equal(torch.get_rng_state(), random)
    assert x.grad is None
    assert all(parameter.grad is None and parameter.requires_grad for parameter in module.parameters())


def test_signals_that_float32_cannot_square_are_not_lost() -> None:
    probe, module, shape = probed(kind="rnn", output="last")
    module.float()
    [norms] = probe.measure({0: torch.zeros(BATCH, LENGTH, 2)}, {0: torch.full((BATCH, *shape), 1e-30)})
    assert norms[-1].item() == pytest.approx(1e-30 * (BATCH * HIDDEN) ** 0.5, rel=1e-5)
    assert norms[0].item() > 0


def test_long_sequences_are_seen_at_256_of_their_times() -> None:
    probe, _, shape = probed(length=1000, kind="gru", output="sequence")
    assert (probe.rows, probe.columns) == ((0,), 256)
    assert (probe.layers[0], probe.layers[-1]) == ("00 gru t000", "00 gru t999")
    [norms] = probe.measure({0: torch.randn(1, 1000, 2)}, {0: torch.ones(1, *shape)})
    assert norms.shape == (256,)


def test_without_a_recurrent_layer_there_is_nothing_to_measure() -> None:
    run = resolved(body())
    probe = TimeProbe(run.placed(), build(run.placed(), run.network.layers).layers)
    assert (probe.rows, probe.layers, probe.columns, probe.measure({}, {})) == ((), (), 0, [])


@pytest.mark.parametrize("training", [{}, {"grad_accumulation": 3}, {"precision": "float16"}], ids=str)
def test_the_last_state_of_a_recorded_step_has_the_gradient_of_the_output(training: dict[str, Any]) -> None:
    layers = [
        {"kind": kind, "hidden_size": 4, "output": output} for kind, output in (("gru", "sequence"), ("rnn", "last"))
    ]
    source = {"kind": "adding", "length": 12, "n_samples": 200}
    trace, _ = trained(body(*layers, linear(1), source=source, training={"loss": "mse", "steps": 5, **training}))
    series = trace.metrics["time_delta_norm"]
    assert (len(series.layers), series.steps.tolist()) == (24, [0, 1, 2, 3, 4])
    np.testing.assert_allclose(series.of("01 rnn t11"), trace.metrics["delta_norm"].of("01 rnn"), rtol=1e-5)
    below = series.values[:, :12]
    assert (below[:, :-1] < below[:, -1:]).all()
