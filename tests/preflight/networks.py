"""Networks with a layer of each kind that multiplies, on digits or on text."""

from typing import Any

from tests.experiments import activation, body, linear, repeat, residual

Body = dict[str, Any]
_CONV: Body = {"kind": "conv2d", "out_channels": 6, "kernel_size": 3, "padding": 1}
_FLAT: Body = {"kind": "flatten"}
_TEXT: Body = {"kind": "text", "n_samples": 200, "length": 12}


def _recurrent(kind: str, **fields: Any) -> Body:
    return body({"kind": kind, "hidden_size": 16, **fields}, linear(10))


NETWORKS: dict[str, Body] = {
    "linear": body(linear(16), activation("gelu"), linear(10)),
    "linear along time": body(
        {"kind": "embedding", "embedding_dim": 8}, linear(16), activation("tanh"), linear(120), source=_TEXT
    ),
    "projected": body(linear(16), residual(linear(24), activation("relu")), linear(10)),
    "conv2d": body(_CONV, activation("relu"), {**_CONV, "stride": 2, "groups": 3}, _FLAT, linear(10)),
    "conv1d": body({"kind": "conv1d", "out_channels": 4, "kernel_size": 3, "dilation": 2}, _FLAT, linear(10)),
    "rnn": _recurrent("rnn", num_layers=2),
    "lstm": _recurrent("lstm", bidirectional=True, num_layers=2),
    "gru": body({"kind": "gru", "hidden_size": 16, "output": "sequence"}, _FLAT, linear(10)),
    "self_attention": body({"kind": "self_attention", "num_heads": 2}, _FLAT, linear(10)),
    "causal self_attention": body({"kind": "self_attention", "causal": True}, _FLAT, linear(10)),
    "norms and pools": body(
        _CONV, {"kind": "batch_norm"}, {"kind": "group_norm", "num_groups": 2}, {"kind": "max_pool", "kernel_size": 2},
        {"kind": "avg_pool", "kernel_size": 2}, {"kind": "dropout"}, {"kind": "global_avg_pool"}, linear(10),
    ),
    "transformer": body(
        {"kind": "embedding", "embedding_dim": 16}, {"kind": "positional_encoding", "learned": True},
        repeat(2, residual({"kind": "self_attention", "num_heads": 4}), {"kind": "layer_norm"},
               residual(linear(32), activation("gelu"), linear(16)), {"kind": "layer_norm"}),
        linear(120), source=_TEXT,
    ),
}  # fmt: skip
