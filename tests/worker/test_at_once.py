"""How many samples pass at once where nobody said: enough to be fast, and never more than memory that was promised."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.experiments import body, linear, resolved
from worker.train import at_once, engine
from worker.train.at_once import samples_at_once
from worker.train.engine import Engine

LENGTH = 300


def on_sequences(*layers: dict[str, Any]) -> int:
    """For a network over the adding problem."""
    source, training = {"kind": "adding", "length": LENGTH}, {"loss": "mse"}
    return samples_at_once(resolved(body(*layers, linear(1), source=source, training=training)).placed())


def test_the_widest_layer_decides() -> None:
    assert samples_at_once(resolved(body(linear(1 << 10), linear(10))).placed()) == 1 << 12
    assert samples_at_once(resolved(body(linear(1 << 19), linear(10))).placed()) == 8


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_a_recurrent_layer_holds_all_its_states(kind: str) -> None:
    layer = {"kind": kind, "hidden_size": 8, "bidirectional": True}
    assert on_sequences(layer) == (1 << 22) // (LENGTH * 2 * 8)
    assert on_sequences(layer) == on_sequences({**layer, "output": "sequence"}, {"kind": "flatten"})


def test_attention_may_hold_a_weight_for_every_pair() -> None:
    layer = {"kind": "self_attention", "num_heads": 2}
    assert on_sequences(layer, {"kind": "flatten"}) == (1 << 22) // (2 * LENGTH**2)


def test_evaluations_keep_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_once, "_NUMBERS", 70)
    sizes: set[int] = set()

    class Counted(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            sizes.add(len(x))
            return torch.zeros(len(x), 10)

    run = Engine(resolved(body(linear(10))), torch.device("cpu"), chunk_steps=4)
    run.network = Counted(1, 1)
    run.evaluate(run.split.training)
    assert max(sizes) == 7


@pytest.mark.parametrize(("numbers", "measured"), [(10 * 1000, 12), (10 * 7, 7), (1, 3)])
def test_lsuv_measures_on_a_step_or_as_much_of_it(monkeypatch: pytest.MonkeyPatch, numbers: int, measured: int) -> None:
    monkeypatch.setattr(at_once, "_NUMBERS", numbers)
    batches: list[Tensor] = []
    monkeypatch.setattr(engine, "initialize", lambda *arguments: batches.append(arguments[-1]))
    Engine(
        resolved(body(linear(10), training={"batch_size": 3, "grad_accumulation": 4})),
        torch.device("cpu"),
        chunk_steps=4,
    )
    assert [len(batch) for batch in batches] == [measured]
