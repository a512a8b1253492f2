"""The constraint on incoming weights, against a loop over units."""

import pytest
import torch

from tests.experiments import activation, body, linear, residual, resolved
from tests.worker.recording import trained
from worker.build import build
from worker.flat import FlatParameters
from worker.train.max_norm import shorten

CASES = {
    "dense": body(linear(12), {"kind": "batch_norm"}, activation("prelu"), residual(linear(9)), linear(10)),
    "convolutions": body(
        {"kind": "conv2d", "out_channels": 4, "kernel_size": 3}, {"kind": "global_avg_pool"}, linear(10)
    ),
    "recurrent": body({"kind": "lstm", "hidden_size": 5, "num_layers": 2, "bidirectional": True}, linear(10)),
    "attention": body({"kind": "self_attention"}, {"kind": "flatten"}, linear(10)),
    "tokens": body(
        {"kind": "embedding", "embedding_dim": 6}, {"kind": "gru", "hidden_size": 4}, linear(10),
        source={"kind": "copy_memory"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("spread", [0.3, 1e25])
def test_every_unit_is_as_long_as_allowed(case: str, spread: float) -> None:
    run = resolved(CASES[case])
    network = build(run.placed(), run.network.layers)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0, spread)
            parameter[0] = 0
    flat = FlatParameters(network.layers, run.placed(), torch.device("cpu"))
    expected = {}
    for row, module in enumerate(network.layers):
        for name, parameter in module.named_parameters():
            expected[row, name] = parameter.detach().clone()
            is_weight = "bias" not in name and run.placed()[row].layer.kind not in ("batch_norm", "activation")
            for unit in expected[row, name].unbind() if is_weight else ():
                norm = unit.double().norm().item()
                if norm > 1.5:
                    unit.copy_(unit.double() * 1.5 / norm)
    shorten(flat, 1.5)
    for row, module in enumerate(network.layers):
        for name, parameter in module.named_parameters():
            torch.testing.assert_close(parameter.detach(), expected[row, name])


def test_the_update_is_that_of_the_step_with_its_constraint() -> None:
    """From rows far too long, the first step is mostly the shortening."""
    sent = body(linear(16), linear(10), init={"scheme": "normal", "std": 1.0}, training={"steps": 3, "max_norm": 0.5})
    trace, engine = trained(sent)
    norms, moved = trace.metrics["weight_norm"].of("01 linear"), trace.metrics["update_ratio"].of("01 linear")
    assert norms[1] == pytest.approx(0.5 * 10**0.5, rel=1e-4)
    assert moved[0] == pytest.approx(1 - norms[1] / norms[0], rel=0.1)
    assert max(row.norm() for row in engine.flat.parameters[0].detach()) <= 0.5 + 1e-6
