"""Histograms of the gradient against the slow, obvious version, entry by entry, and in a training."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from service.trace.histogram import BINS, NONFINITE, HistogramChunk
from tests.experiments import activation, body, deep, linear, resolved
from tests.preflight.networks import NETWORKS
from tests.worker.slow_histogram import counted
from tests.worker.test_statistics import ACCUMULATED, with_training
from worker.flat import FlatParameters
from worker.probes import histograms
from worker.probes.histograms import HistogramProbe
from worker.train.engine import Engine
from worker.train.objective import loss_function

DEVICES = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
SHAPES: tuple[dict[str, Any], ...] = (
    linear(7), activation("prelu"), linear(7), {"kind": "layer_norm"}, linear(7), linear(10),
)  # fmt: skip
ODD = [
    0.0, -0.0, 1e-45, -1e-45, 2.0**-149, 2.0**-140, 1.1e-38, 2.0**-126, -(2.0**-25), 2.0**-24, 0.5, -1.0, 1.5, 2.0,
    np.nan, np.inf, -np.inf, 3.4028235e38, 2.0**127,
]  # fmt: skip
WIDE = [5e-324, 1e-300, 1e-46, 2.0**-150, 2.0**-149, 2.0**128, 1e39, 1.7e308, 1.7e308]


def engine(sent: dict[str, Any], device: str = "cpu", **trace: Any) -> Engine:
    every = {"overhead_budget": 1000.0, "histogram_every": 1, **trace}
    return Engine(resolved({**sent, "trace": every}), torch.device(device), chunk_steps=400)


def trained(sent: dict[str, Any], **trace: Any) -> HistogramChunk:
    built = engine(sent, **trace)
    for _ in built.train():
        pass
    [chunk] = built.recorder.drain_histograms()
    return chunk


def drawn(size: int, dtype: torch.dtype) -> Tensor:
    """Entries of every magnitude, odd ones among them."""
    random = np.random.default_rng(size)
    exponents = random.uniform(-160, 135, size) if dtype == torch.float64 else random.uniform(-149, 128, size)
    values = random.choice([-1, 1], size) * 2.0**exponents
    odd = ODD + (WIDE if dtype == torch.float64 else [])
    values[random.choice(size, len(odd), replace=False)] = odd
    return torch.from_numpy(values).to(dtype)


@contextmanager
def never_waiting(device: str) -> Iterator[None]:
    """Fails where the host waits for the device."""
    if device == "cpu":
        yield
        return
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


def of_layers(flat: FlatParameters) -> list[np.ndarray[Any, Any]]:
    """The gradient of each layer that has one, in depth order."""
    rows: dict[int, list[Tensor]] = {}
    views = [group.of(flat.grad)[index] for group in flat.groups for index in range(len(group.slots))]
    for slot, view in zip(flat.slots, views, strict=True):
        rows.setdefault(slot.row, []).append(view)
    return [torch.cat(rows[row]).cpu().numpy() for row in sorted(rows)]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("at_once", [1, 5, 64, 100, 1 << 17])
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_every_entry_is_in_its_bin(monkeypatch: pytest.MonkeyPatch, precision: str, at_once: int, device: str) -> None:
    monkeypatch.setattr(histograms, "_AT_ONCE", {device: at_once})
    built = engine(body(*SHAPES, training={"precision": precision}), device)
    names = tuple(layer.name for layer in built.placed)
    probe = HistogramProbe(built.flat, names, every=3)
    expected = []
    for step in (0, 3):
        built.flat.grad.copy_(drawn(len(built.flat.grad), built.flat.grad.dtype).roll(step))
        with never_waiting(device):
            probe.write(step)
        expected.append([counted(entries) for entries in of_layers(built.flat)])
    [chunk] = probe.drain()
    np.testing.assert_array_equal(chunk.counts, expected)
    assert chunk.counts.sum() == 2 * len(built.flat.grad)
    assert chunk.layers == tuple(name for name in names if "identity" not in name)
    assert (chunk.steps.tolist(), chunk.every) == ([0, 3], 3)
    assert probe.drain() == []


def test_what_float64_has_beyond_float32_is_in_the_end_bins() -> None:
    built = engine(body(linear(10), training={"precision": "float64"}))
    built.flat.grad.zero_()[:9] = torch.tensor(WIDE, dtype=torch.float64)
    built.recorder.histograms.write(0)
    [chunk] = built.recorder.drain_histograms()
    counts = chunk.counts[0, 0]
    assert (counts[1], counts[BINS], counts[NONFINITE]) == (5, 4, 0)
    assert counts[0] == 64 * 10 + 10 - 9


def test_more_steps_than_the_buffer_holds_are_all_there(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = trained(body())
    monkeypatch.setattr(histograms, "_BUFFER_ENTRIES", 3 * 2 * 280)
    built = engine(body())
    for _ in built.train():
        pass
    chunks = built.recorder.drain_histograms()
    assert [len(chunk.steps) for chunk in chunks] == [3] * 6 + [2]
    assert np.concatenate([chunk.steps for chunk in chunks]).tolist() == list(range(20))
    np.testing.assert_array_equal(np.concatenate([chunk.counts for chunk in chunks]), whole.counts)


def at_start(built: Engine, network: nn.Module) -> dict[str, np.ndarray[Any, Any]]:
    """The gradient of the first batch, as autograd alone gives it, by layer."""
    inputs, targets, _ = built.batches.at(0)
    loss = loss_function(built.run.training.loss)(network(inputs, None), targets)
    rows: dict[str, list[Tensor]] = {}
    found = torch.autograd.grad(loss, built.flat.parameters)
    for slot, entries in sorted(zip(built.flat.slots, found, strict=True), key=lambda one: one[0].row):
        rows.setdefault(built.placed[slot.row].name, []).append(entries.flatten())
    return {name: torch.cat(entries).numpy() for name, entries in rows.items()}


VANISHED = deep("sigmoid", depth=56, width=8, init={"scheme": "xavier"}, **with_training())
CASES = {
    **NETWORKS,
    "accumulated": deep("tanh", depth=3, width=12, **ACCUMULATED),
    "float64": deep("tanh", depth=3, width=12, **with_training(precision="float64")),
    "clipped by norm": deep("tanh", depth=2, width=12, **with_training(clip_grad_norm=1e-6)),
    "clipped by value": deep("tanh", depth=2, width=12, **with_training(clip_grad_value=1e-6)),
    "penalties": deep("tanh", depth=2, width=12, **with_training(l1=10.0, l2=10.0)),
    "subnormal": VANISHED,
    "batch norm": body(
        linear(24, bias=False), {"kind": "batch_norm"}, activation("relu"), linear(10), **with_training()
    ),
}
CASES.pop("norms and pools")  # dropout draws again


@pytest.mark.parametrize("case", CASES)
def test_it_is_the_gradient_of_the_whole_batch_before_anything_is_done_to_it(case: str) -> None:
    built = engine(CASES[case])
    expected = at_start(built, built.network)
    next(iter(built.train()))
    [chunk] = built.recorder.drain_histograms()
    assert chunk.layers == tuple(expected)
    for layer, entries in expected.items():
        found, wanted = chunk.at(0, layer), counted(entries)
        assert found.entries == entries.size == built.placed[chunk_row(built, layer)].parameters
        # Sums in another order move a few entries over the edge of a bin.
        moved = np.abs(found.counts - wanted).sum() / 2
        assert moved <= 0.01 * entries.size, layer


def chunk_row(built: Engine, layer: str) -> int:
    return [placed.name for placed in built.placed].index(layer)


def test_a_gradient_that_has_almost_vanished_is_still_seen() -> None:
    first = trained(VANISHED).at(0, "000 linear")
    subnormal = sum(count for _, high, count in first.rows() if high < np.log10(2.0**-126) + 1e-9)
    assert subnormal > 0


def test_gradients_of_float16_are_those_without_the_loss_scale() -> None:
    sent = deep("tanh", depth=2, width=32, init={"scheme": "xavier"}, **with_training(precision="float16"))
    halves, single = engine(sent), engine(deep("tanh", depth=2, width=32, init={"scheme": "xavier"}, **with_training()))
    means = []
    for built in (halves, single):
        next(iter(built.train()))
        [chunk] = built.recorder.drain_histograms()
        bins = chunk.at(0, None).counts[1:NONFINITE]
        means.append((bins * np.arange(BINS)).sum() / bins.sum())
    assert abs(means[0] - means[1]) < 0.2


def test_dead_units_are_zeros_and_an_explosion_is_not_finite() -> None:
    dead = trained(body(linear(16), activation("relu"), linear(10), init={"scheme": "he", "bias": DEAD}))
    assert dead.at(0, "00 linear").zeros == 64 * 16 + 16
    torn = trained(body(training={"optimizer": {"name": "sgd", "lr": 1e30}, "loss": "mse"}))
    last = torn.at(19, None)
    assert last.nonfinite == last.entries


DEAD = {"scheme": "constant", "value": -1e6}


@pytest.mark.parametrize(
    ("trace", "steps"),
    [
        ({"histogram_every": 6}, [0, 6, 12, 18, 19]),
        ({"histogram_every": 2, "every": 3}, [0, 6, 12, 18]),
        ({"histogram_every": None}, list(range(20))),
        ({"histogram_every": 1000}, [0, 19]),
        ({"histogram_every": 0}, []),
    ],
)
def test_every_so_many_recorded_steps_have_one_and_the_ends(trace: dict[str, Any], steps: list[int]) -> None:
    built = engine(body(), **trace)
    for _ in built.train():
        pass
    assert [step for chunk in built.recorder.drain_histograms() for step in chunk.steps.tolist()] == steps


def test_dear_histograms_become_rare_but_a_few_are_kept() -> None:
    chunk = trained(body(training={"steps": 400}), overhead_budget=1e-6)
    assert chunk.steps.tolist()[:3] == [0, 1, 2]
    assert 8 <= len(chunk.steps) < 30
    assert chunk.steps[-1] == 399


def test_histograms_change_nothing_of_the_training() -> None:
    losses = []
    for histogram_every in (0, 1):
        built = engine(body(), histogram_every=histogram_every)
        for _ in built.train():
            pass
        [loss] = [chunk for chunk in built.recorder.drain() if (chunk.scope, chunk.metric) == ("curve", "loss")]
        losses.append(loss.values)
    np.testing.assert_array_equal(*losses)
