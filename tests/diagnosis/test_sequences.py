"""Recurrent networks, trained by the worker's engine, most of them on the adding problem over a hundred time steps."""

from typing import Any

import numpy as np

from service.diagnosis import diagnose, verdict
from service.trace.trace import Trace
from tests.diagnosis.test_end_to_end import one_thread
from tests.experiments import body, linear
from tests.worker.recording import trained

__all__ = ["one_thread"]

LAST = 99


def adding(layer: dict[str, Any], **training: Any) -> dict[str, Any]:
    chosen = {"loss": "mse", "optimizer": {"name": "adam", "lr": 0.01}, "batch_size": 64, "clip_grad_norm": 1.0}
    return body(
        {"hidden_size": 32, **layer},
        linear(1),
        source={"kind": "adding", "n_samples": 2000},
        training={**chosen, **training},
        trace={"every": 10},
    )


def arrives(trace: Trace) -> list[float]:
    """‖∂loss/∂h₀‖ / ‖∂loss/∂h₉₉‖, at each recorded step."""
    delta = trace.metrics["time_delta_norm"].values.astype(np.float64)
    return [float(ratio) for ratio in delta[:, 0] / delta[:, LAST]]


def test_a_tanh_rnn_hears_nothing_of_the_first_mark() -> None:
    trace, engine = trained(adding({"kind": "rnn"}, steps=300, optimizer={"name": "adam", "lr": 0.001}))
    assert max(arrives(trace)) < 1e-20
    [finding] = diagnose(trace, engine.run)
    assert (finding.rule, finding.cause, finding.layers) == ("vanishing_gradient", "initialization", ("00 rnn",))
    assert "through time" in finding.explanation
    assert finding.remedies[0].model_dump()["scheme"] == "orthogonal"


def test_an_lstm_learns_to_open_its_gates() -> None:
    trace, engine = trained(adding({"kind": "lstm"}, steps=400))
    shares = arrives(trace)
    assert shares[0] < 1e-18
    assert shares[-1] > 1e-3
    assert trace.curves["loss"].values[-5:].mean() < 0.08
    assert verdict(diagnose(trace, engine.run)) == "healthy"


def test_large_recurrent_weights_explode() -> None:
    large = {"kind": "rnn", "init": {"scheme": "normal", "std": 0.5}}
    trace, engine = trained(adding(large, steps=100, clip_grad_norm=None))
    assert arrives(trace)[0] > 1e6
    [finding] = diagnose(trace, engine.run)
    assert (finding.rule, finding.cause, finding.layers) == ("exploding_gradient", "initialization", ("00 rnn",))
    assert "through time" in finding.explanation


def test_a_task_with_an_answer_at_every_time_step_has_a_signal_at_all_of_them() -> None:
    text = body(
        {"kind": "embedding", "embedding_dim": 8},
        {"kind": "rnn", "hidden_size": 16, "output": "sequence"},
        linear(96),
        source={"kind": "text", "n_samples": 300, "length": 50},
        training={"steps": 30, "optimizer": {"name": "sgd", "lr": 1e-4}},
    )
    trace, engine = trained(text)
    ratio = trace.metrics["time_delta_norm"].values / trace.metrics["time_delta_norm"].values[:, -1:]
    assert 0.3 < ratio.min() <= ratio.max() < 3
    assert diagnose(trace, engine.run) == ()
