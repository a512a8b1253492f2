"""Every metric and curve of the engine against the slow, obvious version, and the training itself with it."""

from typing import Any

import numpy as np
import pytest

from service.trace.metrics import METRICS
from tests.experiments import activation, body, deep, linear, repeat, residual
from tests.worker.plain import run_plainly
from tests.worker.recording import trained

NORM = {"kind": "batch_norm"}


def with_training(**training: Any) -> dict[str, Any]:
    return {"training": {"steps": 8, "batch_size": 24, **training}}


ACCUMULATED = {"training": {"steps": 8, "batch_size": 8, "grad_accumulation": 3}}
CONVOLUTIONS = (
    {"kind": "conv2d", "out_channels": 6, "kernel_size": 3, "padding": 1}, activation("relu"),
    residual({"kind": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1, "stride": 2}, activation("tanh")),
    {"kind": "max_pool", "kernel_size": 2}, {"kind": "flatten"}, linear(10),
)  # fmt: skip
RECURRENT = (
    {"kind": "lstm", "hidden_size": 5, "num_layers": 2, "bidirectional": True, "output": "sequence"},
    {"kind": "layer_norm"}, linear(6), activation("relu"), {"kind": "rnn", "hidden_size": 7}, linear(10),
)  # fmt: skip
ATTENTION = (
    {"kind": "positional_encoding"}, {"kind": "positional_encoding", "learned": True},
    residual({"kind": "layer_norm"}, {"kind": "self_attention", "num_heads": 2}),
    residual({"kind": "layer_norm"}, linear(12), activation("gelu"), linear(8)), {"kind": "flatten"}, linear(10),
)  # fmt: skip
NETWORKS = {
    "deep tanh": deep("tanh", depth=6, width=12, init={"scheme": "xavier"}, **with_training()),
    "signals too small to square in float32": deep(
        "tanh", depth=8, width=12, init={"scheme": "normal", "std": 1e-4}, **with_training()
    ),
    "signals too large to square in float32": deep(
        "identity",
        depth=4, width=12, init={"scheme": "normal", "std": 1e3},
        **with_training(steps=1, loss="mse", optimizer={"name": "sgd", "lr": 0.0}),
    ),
    "deep sigmoid": deep("sigmoid", depth=8, width=12, **with_training()),
    "relu and batch norm": body(repeat(3, linear(12), NORM, activation("relu")), linear(10), **with_training()),
    "layer norm and gelu": body(linear(12), {"kind": "layer_norm"}, activation("gelu"), linear(10), **with_training()),
    "residuals with projection": body(
        residual(linear(12), activation("tanh")), residual(linear(12), activation("relu")), linear(10),
        **with_training(),
    ),
    "mixed widths": body(
        linear(20), activation("elu"), linear(9), activation("selu"), linear(7, bias=False), activation("softsign"),
        linear(5), activation("softplus"), linear(6), activation("hardtanh"), linear(10), **with_training(),
    ),
    "prelu and dropout of nothing": body(
        linear(12), activation("prelu"), {"kind": "dropout", "p": 0.0}, {"kind": "flatten"}, linear(10),
        **with_training(),
    ),
    "momentum": deep("relu", depth=2, width=12, **with_training(optimizer={"name": "sgd", "lr": 0.1, "momentum": 0.9})),
    "nesterov and decay": deep("tanh", depth=2, width=12, **with_training(
        optimizer={"name": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}
    )),
    "rmsprop": deep("tanh", depth=3, width=12, **with_training(optimizer={"name": "rmsprop", "lr": 0.001})),
    "adam": deep("tanh", depth=3, width=12, **with_training(optimizer={"name": "adam", "lr": 0.001})),
    "adamw": deep("tanh", depth=3, width=12, **with_training(optimizer={"name": "adamw", "lr": 0.001})),
    "l1 and l2": deep("tanh", depth=2, width=12, **with_training(l1=1e-3, l2=1e-2)),
    "clipped by norm": deep("relu", depth=2, width=12, **with_training(clip_grad_norm=0.05)),
    "clipped by value": deep("relu", depth=2, width=12, **with_training(clip_grad_value=0.002)),
    "lion": deep("tanh", depth=2, width=12, **with_training(optimizer={"name": "lion", "weight_decay": 0.1})),
    "schedule and warm-up": deep("tanh", depth=2, width=12, **with_training(
        optimizer={"name": "adam", "lr": 0.01}, lr_schedule={"name": "cosine", "warmup_steps": 3}
    )),
    "max_norm": deep("relu", depth=2, width=12, **with_training(max_norm=0.5)),
    "accumulated": deep("tanh", depth=3, width=12, init={"scheme": "xavier"}, **ACCUMULATED),
    "accumulated relu, penalties and clipping": deep(
        "relu", depth=3, width=12, training={**ACCUMULATED["training"], "clip_grad_norm": 0.1, "l2": 0.01}
    ),
    "convolutions": body(*CONVOLUTIONS, **with_training()),
    "convolutions, accumulated": body(*CONVOLUTIONS, **ACCUMULATED),
    "convolutions over signals": body(
        {"kind": "conv1d", "out_channels": 5, "kernel_size": 3}, {"kind": "group_norm", "num_groups": 1},
        activation("relu"), {"kind": "global_avg_pool"}, linear(10), **with_training(max_norm=0.3),
    ),
    "recurrent": body(*RECURRENT, **with_training(max_norm=1.0)),
    "recurrent, accumulated": body(*RECURRENT, **ACCUMULATED),
    "attention": body(*ATTENTION, **with_training(optimizer={"name": "adam", "lr": 0.001}, l2=0.01)),
    "tokens, accumulated": body(
        {"kind": "embedding", "embedding_dim": 6}, {"kind": "gru", "hidden_size": 7}, linear(10),
        source={"kind": "copy_memory", "n_samples": 256}, **ACCUMULATED,
    ),
    "mean squared error": deep("tanh", depth=2, width=12, **with_training(loss="mse")),
    "one-hot logits": deep("tanh", depth=2, width=12, **with_training(loss="bce_with_logits")),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_equals_the_plain_loop(name: str) -> None:
    trace, engine = trained(NETWORKS[name])
    plain = run_plainly(engine.run, engine)
    for metric, layers in plain.metrics.items():
        series = trace.metrics[metric]
        assert series.layers == tuple(sorted(layers, key=[row.layer for row in trace.rows].index)), metric
        for layer, expected in layers.items():
            rounding = 0.0
            if metric == "activation_mean":  # a mean near zero is exact to a millionth of the spread
                rounding = 1e-6 * max(plain.metrics["activation_std"][layer])
            if metric == "bias_grad_norm" and "batch norm" in name:  # zero but for rounding, which no programs share
                rounding = 1e-8
            found, told = series.of(layer), f"{metric} of {layer}"
            np.testing.assert_allclose(found, expected, rtol=2e-3, atol=rounding, err_msg=told)
    for curve, expected in plain.curves.items():
        np.testing.assert_allclose(trace.curves[curve].values[:, 0], expected, rtol=1e-3, err_msg=curve)


def test_all_metrics_are_compared() -> None:
    trace, engine = trained(NETWORKS["deep tanh"])
    plain = run_plainly(engine.run, engine)
    through_time = {"time_delta_norm"}  # tests/worker/test_through_time.py
    assert set(plain.metrics) == METRICS.keys() - through_time == set(trace.metrics)


def test_vanishing_values_are_not_lost() -> None:
    """The norm of entries of 10⁻³⁰ is 10⁻³⁰-ish, though their squares are zero in float32."""
    trace, _ = trained(deep("sigmoid", depth=50, width=16, init={"scheme": "xavier"}, **with_training(steps=2)))
    first = trace.metrics["delta_norm"].of("000 linear" if len(trace.rows) > 100 else "00 linear")
    assert 0 < first[0] < 1e-24


def test_huge_values_are_not_infinite_before_they_are() -> None:
    sent = deep(
        "identity", depth=10, width=32, init={"scheme": "normal", "std": 4.0}, **with_training(steps=1, loss="mse")
    )
    trace, _ = trained(sent)
    norms = trace.metrics["grad_norm"].values[0]
    assert norms.max() > 1e20
    assert np.isfinite(norms).all()


def test_recording_every_third_step() -> None:
    trace, _ = trained(body(trace={"every": 3}))
    assert trace.metrics["grad_norm"].steps.tolist() == list(range(0, 20, 3))
    assert trace.curves["loss"].steps.tolist() == list(range(0, 20, 3))


def test_the_same_seed_gives_the_same_trace_to_the_last_bit() -> None:
    first, _ = trained(body({"kind": "dropout"}, linear(16), activation("relu"), linear(10)))
    again, _ = trained(body({"kind": "dropout"}, linear(16), activation("relu"), linear(10)))
    other, _ = trained(body({"kind": "dropout"}, linear(16), activation("relu"), linear(10), training={"seed": 1}))
    for metric, series in first.metrics.items():
        np.testing.assert_array_equal(series.values, again.metrics[metric].values)
    assert not np.array_equal(first.curves["loss"].values, other.curves["loss"].values)


def test_tracing_changes_nothing_of_the_training() -> None:
    full, _ = trained(body())
    sparse, _ = trained(body(trace={"every": 7}))
    np.testing.assert_array_equal(full.curves["loss"].values[::7], sparse.curves["loss"].values)
    np.testing.assert_array_equal(full.curves["validation_loss"].values, sparse.curves["validation_loss"].values)


def test_thinning_records_the_dear_metrics_at_fewer_steps_and_the_cheap_ones_at_all() -> None:
    trace, engine = trained(body(training={"steps": 400}, trace={"overhead_budget": 1e-6}))
    assert len(trace.metrics["grad_norm"].steps) == 400
    dear = trace.metrics["delta_norm"].steps.tolist()
    assert dear[:16] == list(range(16))
    assert 64 <= len(dear) < 150
    assert dear[-1] == 399
    assert engine.recorder.overhead > 0
