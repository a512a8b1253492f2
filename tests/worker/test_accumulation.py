"""A batch in parts is the batch: every metric, in the memory of one part."""

from typing import Any
from weakref import ref

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.experiments import activation, body, linear, resolved
from tests.worker.recording import trained
from worker.probes.seen import Outputs, Signals
from worker.train.engine import Engine

TRAINING = {"steps": 12, "optimizer": {"name": "adam", "lr": 0.01}}
CASES = {
    "dense": body(linear(24), activation("relu"), linear(16), activation("tanh"), linear(10), training=TRAINING),
    "convolutions": body(
        {"kind": "conv2d", "out_channels": 6, "kernel_size": 3}, activation("relu"),
        {"kind": "conv2d", "out_channels": 4, "kernel_size": 3}, {"kind": "group_norm", "num_groups": 1},
        activation("softsign"), {"kind": "global_avg_pool"}, linear(10), training=TRAINING,
    ),
    "recurrent": body(
        {"kind": "gru", "hidden_size": 6, "output": "sequence"}, {"kind": "rnn", "hidden_size": 6}, linear(10),
        training=TRAINING,
    ),
    "LSUV measures on the whole batch": body(linear(12), activation("relu"), linear(10), init={"scheme": "lsuv"}),
}  # fmt: skip


def with_training(sent: dict[str, Any], **training: Any) -> dict[str, Any]:
    return {**sent, "training": {**sent["training"], **training}}


@pytest.mark.parametrize("case", CASES)
def test_every_metric_is_that_of_the_whole_batch(case: str) -> None:
    parts, _ = trained(with_training(CASES[case], batch_size=8, grad_accumulation=5))
    whole, _ = trained(with_training(CASES[case], batch_size=40))
    assert set(parts.metrics) == set(whole.metrics)
    for metric, series in whole.metrics.items():
        rounding = 1e-6 if metric == "activation_mean" else 1e-9
        found = parts.metrics[metric]
        assert found.layers == series.layers
        np.testing.assert_allclose(found.values, series.values, rtol=1e-3, atol=rounding, err_msg=metric)
    for curve, series in whole.curves.items():
        np.testing.assert_allclose(parts.curves[curve].values, series.values, rtol=1e-4, err_msg=curve)


def test_parts_are_the_batch_in_order() -> None:
    engine = Engine(
        resolved(body(training={"batch_size": 8, "grad_accumulation": 4})), torch.device("cpu"), chunk_steps=4
    )
    for step in (0, 40):
        whole, parts = engine.batches.at(step), list(engine.batches.parts(step, 8))
        assert [len(inputs) for inputs, _, _ in parts] == [8] * 4
        for of_parts, of_whole in zip(zip(*parts, strict=True), whole, strict=True):
            torch.testing.assert_close(torch.cat(of_parts), of_whole)


class _Watched(nn.Module):
    """Calls a network, and holds that nothing of the call before is left."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.left: list[Any] = []
        self.calls = 0

    def forward(self, x: Tensor, tape: list[Tensor] | None = None) -> Tensor:
        assert not any(output() is not None for output in self.left)
        outputs: Tensor = self.network(x, tape)
        self.left, self.calls = [ref(output) for output in tape or ()], self.calls + 1
        return outputs


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_one_part_is_in_memory_at_a_time(precision: str) -> None:
    run = resolved(body(training={"batch_size": 8, "grad_accumulation": 4, "steps": 2, "precision": precision}))
    engine = Engine(run, torch.device("cpu"), chunk_steps=4)
    engine._passes._network = watched = _Watched(engine.network)
    list(engine.train())
    assert watched.calls == 8


def test_moments_join_without_cancelling() -> None:
    """A spread of a millionth of the mean, in parts whose means differ by less than that."""
    samples = 1e3 + 1e-3 * torch.randn(6, 2, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    seen = [
        Signals([Outputs(part.mean(1), part.std(1, correction=0), None, None)], [part.norm(dim=1)]) for part in samples
    ]
    joined = seen[0]
    for one in seen[1:]:
        joined = joined.joined(one)
    whole = samples.transpose(0, 1).flatten(1)
    [outputs] = joined.outputs
    torch.testing.assert_close(outputs.mean, whole.mean(1), rtol=1e-12, atol=0)
    torch.testing.assert_close(outputs.std, whole.std(1, correction=0), rtol=1e-6, atol=0)
    torch.testing.assert_close(joined.mean_norms()[0], whole.norm(dim=1) / 6)
