"""What a run records, against what it does record."""

import pytest
import torch

from service.preflight.recording import histogram_bytes, trace_bytes
from tests.experiments import body, linear, resolved
from tests.preflight.networks import NETWORKS, Body
from worker.train.engine import Engine


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("name", ["linear", "lstm", "transformer"])
def test_a_run_records_no_more_than_was_said(name: str, every: int) -> None:
    run = resolved({**NETWORKS[name], "trace": {"every": every, "overhead_budget": 1000.0}})
    engine = Engine(run, torch.device("cpu"), chunk_steps=run.total_steps)
    for _ in engine.train():
        pass
    chunks = engine.recorder.drain()
    recorded = sum(chunk.values.nbytes + chunk.steps.nbytes + chunk.times.nbytes for chunk in chunks)
    histograms = engine.recorder.drain_histograms()
    recorded += sum(chunk.counts.nbytes + chunk.steps.nbytes + chunk.times.nbytes for chunk in histograms)
    counted = trace_bytes(run, engine.placed)
    assert counted / 3 < recorded <= counted


def test_traces_grow_with_steps_and_shrink_with_every() -> None:
    def counted(steps: int, every: int) -> int:
        sent: Body = {**NETWORKS["linear"], "trace": {"every": every, "histogram_every": 0}}
        run = resolved({**sent, "training": {**sent["training"], "steps": steps}})
        return trace_bytes(run, run.placed())

    assert counted(1000, 1) == 1000 * counted(1, 1) == 10 * counted(1000, 10)
    assert counted(1001, 10) == 101 * counted(1, 1)


@pytest.mark.parametrize(("steps", "every", "taken"), [(1, 1, 1), (7, 1, 7), (50, 1, 50), (1000, 1, 51), (1000, 7, 49)])
def test_histograms_are_about_fifty_in_a_run(steps: int, every: int, taken: int) -> None:
    sent: Body = {**NETWORKS["linear"], "trace": {"every": every}}
    run = resolved({**sent, "training": {**sent["training"], "steps": steps}})
    one_layer = histogram_bytes(run, run.placed()[:1])
    assert one_layer == taken * (278 + 2 + 4) * 4
    assert trace_bytes(run, run.placed()) > histogram_bytes(run, run.placed())


def test_a_run_that_wants_more_histograms_says_so() -> None:
    def counted(histogram_every: int) -> int:
        sent: Body = {**NETWORKS["linear"], "trace": {"histogram_every": histogram_every}}
        run = resolved({**sent, "training": {**sent["training"], "steps": 1000}})
        return histogram_bytes(run, run.placed())

    assert counted(0) == 0
    assert 1000 * counted(100) == 11 * counted(1) > 0


def test_long_sequences_are_recorded_at_so_many_times() -> None:
    def counted(length: int) -> int:
        sent = body({"kind": "rnn", "hidden_size": 4}, linear(1), source={"kind": "adding", "length": length},
                    training={"loss": "mse", "steps": 1})  # fmt: skip
        run = resolved(sent)
        return trace_bytes(run, run.placed())

    assert counted(101) - counted(100) == 4
    assert counted(2000) == counted(256)
