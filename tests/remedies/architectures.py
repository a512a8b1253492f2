"""Small networks of every kind that remedies meet, plain: no norm, no skip connection, saturating where they can be."""

from typing import Any

from tests.experiments import activation, body, linear, repeat

Body = dict[str, Any]
ADAM = {"name": "adam", "lr": 0.01}


def conv2d(out_channels: int, **fields: Any) -> Body:
    return {"kind": "conv2d", "out_channels": out_channels, "kernel_size": 3, "padding": "same", **fields}


def conv1d(out_channels: int, **fields: Any) -> Body:
    return {"kind": "conv1d", "out_channels": out_channels, "kernel_size": 3, "padding": "same", **fields}


def recurrent(kind: str, output: str = "last", hidden_size: int = 8, **fields: Any) -> Body:
    return {"kind": kind, "hidden_size": hidden_size, "output": output, **fields}


def on_text(*layers: Body, **rest: Any) -> Body:
    """A character model; the layers read and put out sequences of 8 features."""
    embedding = {"kind": "embedding", "embedding_dim": 8}
    source = {"kind": "text", "n_samples": 64, "length": 12}
    return body(embedding, *layers, linear(_CHARACTERS), source=source, **rest)


def on_sums(*layers: Body, **rest: Any) -> Body:
    """The adding problem over 12 time steps."""
    source = {"kind": "adding", "n_samples": 200, "length": 12}
    return body(*layers, linear(1), source=source, **{"training": {"loss": "mse"}, **rest})


_CHARACTERS = 96
FLATTEN: Body = {"kind": "flatten"}
MAX_POOL: Body = {"kind": "max_pool", "kernel_size": 2}
GLOBAL_POOL: Body = {"kind": "global_avg_pool"}
ATTENTION: Body = {"kind": "self_attention", "num_heads": 2, "causal": True}
POSITIONS: Body = {"kind": "positional_encoding"}

MLP = body(repeat(3, linear(64), activation("tanh")), linear(10))
CNN = body(
    conv2d(4), activation("tanh"), repeat(2, conv2d(4), activation("tanh")), MAX_POOL, conv2d(6), activation("sigmoid"),
    GLOBAL_POOL, linear(10),
)  # fmt: skip
SIGNALS = body(conv1d(4), activation("tanh"), conv1d(4), activation("tanh"), FLATTEN, linear(10))
RNN = on_sums(recurrent("rnn", "sequence"), recurrent("rnn"))
LSTM = on_sums(recurrent("lstm", "sequence"), recurrent("lstm", "sequence"), recurrent("lstm"))
GRU_HEAD = on_sums(recurrent("gru"), linear(8), activation("tanh"))
TRANSFORMER = on_text(POSITIONS, repeat(2, ATTENTION, linear(8), activation("tanh")))
CONV_LSTM = body(
    conv1d(8), activation("tanh"), recurrent("lstm", "sequence"), linear(8), activation("tanh"), FLATTEN, linear(10)
)
ARCHITECTURES = {
    "mlp": MLP, "cnn": CNN, "signals": SIGNALS, "rnn": RNN, "lstm": LSTM, "gru head": GRU_HEAD,
    "transformer": TRANSFORMER, "conv lstm": CONV_LSTM,
}  # fmt: skip
