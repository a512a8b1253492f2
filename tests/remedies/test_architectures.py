"""Every remedy on every kind of network: which layers it edits, or the sentence that says why it does not."""

from typing import Any

import pytest

from service.errors import RemedyHasNothingToDo
from service.remedies import REMEDIES, apply_all
from service.remedies.diff import changes
from service.spec.layers import GroupNorm
from service.spec.run import layer_rows
from tests.experiments import activation, body, experiment, linear, residual, resolved
from tests.remedies.architectures import (
    ARCHITECTURES,
    ATTENTION,
    CNN,
    CONV_LSTM,
    FLATTEN,
    GLOBAL_POOL,
    GRU_HEAD,
    LSTM,
    MAX_POOL,
    MLP,
    POSITIONS,
    RNN,
    SIGNALS,
    TRANSFORMER,
    Body,
    conv1d,
    conv2d,
    on_sums,
    on_text,
    recurrent,
)

NORM: Body = {"kind": "layer_norm"}
RELU: Body = {"kind": "activation", "function": "relu"}
GELU: Body = {"kind": "activation", "function": "gelu"}
BATCH_NORM: Body = {"kind": "batch_norm"}
LAYER_NORM: Body = {"kind": "layer_norm"}
RESIDUAL: Body = {"kind": "residual"}
PROJECT: Body = {"kind": "residual", "project": True}

EDITED: list[tuple[str, Body, Body, list[str]]] = [
    ("activations of an MLP", MLP, RELU, ["01 activation", "03 activation", "05 activation"]),
    ("activations of a CNN", CNN, GELU, ["01 activation", "03 activation", "05 activation", "08 activation"]),
    ("an rnn's own activation", RNN, RELU, ["00 rnn", "01 rnn"]),
    ("a relu rnn's too where all are asked for", on_sums(recurrent("rnn", nonlinearity="relu")),
     {"kind": "activation", "function": "tanh", "scope": "all"}, ["00 rnn"]),
    ("beside an rnn that the function does not suit", on_sums(recurrent("rnn"), linear(4), activation("tanh")), GELU,
     ["02 activation"]),
    ("not the rnn that the loss reads", on_sums(recurrent("rnn", "sequence"), recurrent("rnn", hidden_size=1)) |
     {"network": {"layers": [recurrent("rnn", "sequence"), recurrent("rnn", hidden_size=1)]}}, RELU, ["00 rnn"]),
    ("behind an lstm", CONV_LSTM, RELU, ["01 activation", "04 activation"]),
    ("between attention", TRANSFORMER, RELU, ["04 activation", "07 activation"]),
    ("batch norm over channels", CNN, BATCH_NORM,
     ["00 conv2d+batch_norm", "02 conv2d+batch_norm", "04 conv2d+batch_norm", "07 conv2d+batch_norm"]),
    ("batch norm over the channels of signals", SIGNALS, BATCH_NORM, ["00 conv1d+batch_norm", "02 conv1d+batch_norm"]),
    ("batch norm of vectors behind a recurrent layer", GRU_HEAD, BATCH_NORM, ["01 linear+batch_norm"]),
    ("batch norm of channels and not of sequences", CONV_LSTM, BATCH_NORM, ["00 conv1d+batch_norm"]),
    ("group norm over channels", SIGNALS, LAYER_NORM, ["00 conv1d+group_norm", "02 conv1d+group_norm"]),
    ("each by its layout", CONV_LSTM, LAYER_NORM, ["00 conv1d+group_norm", "03 linear+layer_norm"]),
    ("layer norm before attention", TRANSFORMER, LAYER_NORM,
     ["01 positional_encoding+layer_norm", "03 linear+layer_norm", "04 activation+layer_norm", "06 linear+layer_norm"]),
    ("not where it is normalized", on_text(POSITIONS, NORM, residual(ATTENTION), residual(ATTENTION)), LAYER_NORM,
     ["04 self_attention+layer_norm"]),
    ("vectors that meet an activation first", body(activation("tanh"), FLATTEN, linear(10)), LAYER_NORM,
     ["00 activation+layer_norm"]),
    ("images that do", body(activation("tanh"), FLATTEN, linear(10), data={"shape": [1, 8, 8]}), BATCH_NORM,
     ["00 activation+batch_norm"]),
    ("signals that do", body(activation("tanh"), conv1d(4), FLATTEN, linear(10)), BATCH_NORM,
     ["00 activation+batch_norm"]),
    ("group norm where only channels are left",
     body(conv2d(8, kernel_size=8, padding=0), activation("tanh"), FLATTEN, linear(10)), LAYER_NORM,
     ["00 conv2d+group_norm"]),
    ("dropout belongs to the block", body(linear(64), activation("tanh"), {"kind": "dropout"}, linear(10)), RESIDUAL,
     ["02 dropout+residual"]),
    ("not behind a norm and a pool", body(conv2d(4), {"kind": "group_norm", "num_groups": 2}, MAX_POOL,
     activation("relu"), conv2d(4), activation("relu"), GLOBAL_POOL, linear(10)), BATCH_NORM, ["04 conv2d+batch_norm"]),
    ("but behind a skip path", body(residual(conv2d(1), NORM), activation("relu"), FLATTEN, linear(10)), BATCH_NORM,
     ["01 residual+batch_norm"]),
    ("blocks of convolutions that keep their channels", CNN, RESIDUAL,
     ["03 activation+residual", "05 activation+residual"]),
    ("with projection the others too", CNN, PROJECT,
     ["01 activation+residual", "03 activation+residual", "05 activation+residual", "08 activation+residual"]),
    ("strides by projection", body(conv2d(4, stride=2, padding=1), activation("relu"), GLOBAL_POOL, linear(10)),
     PROJECT, ["01 activation+residual"]),
    ("recurrent layers that put out sequences", LSTM, RESIDUAL, ["01 lstm+residual"]),
    ("recurrent layers by projection", RNN, PROJECT, ["00 rnn+residual"]),
    ("attention, and what is between", TRANSFORMER, RESIDUAL,
     ["02 self_attention+residual", "04 activation+residual", "05 self_attention+residual", "07 activation+residual"]),
    *((f"init of {name}", sent, {"kind": "initialization", "scheme": "lsuv"}, ["network.init"])
      for name, sent in ARCHITECTURES.items()),
    ("init of a layer that has its own", on_sums(recurrent("rnn", init={"scheme": "normal"})),
     {"kind": "initialization", "scheme": "orthogonal"}, ["00 rnn", "network.init"]),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "remedy", "paths"), [case[1:] for case in EDITED], ids=[case[0] for case in EDITED])
def test_edits(sent: Body, remedy: Body, paths: list[str]) -> None:
    assert [change.path for change in _changes(sent, remedy)] == paths


REFUSED: list[tuple[str, Body, Body, str]] = [
    ("gates", LSTM, RELU, r"no saturating hidden activation to replace by relu\. .*the gates of lstm\."),
    ("what an rnn does not know", RNN, GELU, r"gelu\. PyTorch's rnn knows tanh and relu alone\."),
    ("an rnn that does not saturate", on_sums(recurrent("rnn", nonlinearity="relu")),
     {"kind": "activation", "function": "tanh"}, '"scope": "all" it replaces the others'),
    ("no batch norm over time", TRANSFORMER, BATCH_NORM, "time steps of a sequence for its channels; take layer_norm"),
    ("no batch norm inside a recurrence", RNN, BATCH_NORM, "Out of reach, as part of their layer: the recurrence of"),
    ("no layer norm inside gates", on_sums(recurrent("gru", "sequence"), recurrent("lstm")), LAYER_NORM,
     "the gates of gru, the gates of lstm"),
    ("recurrent layers of other widths", RNN, RESIDUAL, "make neighboring layers equally wide"),
    ("no recurrent layer that puts out its last state", on_sums(recurrent("lstm")), PROJECT, "no weight–activation"),
    ("not what the loss reads", on_text() | {"network": {"layers": [{"kind": "embedding", "embedding_dim": 96},
     ATTENTION]}}, PROJECT, "no weight–activation"),
    ("no projection across a smaller image", body(conv2d(1, padding=0), activation("relu"), FLATTEN, linear(10)),
     PROJECT, "No block can be given a skip path: no stride"),
    ("only an embedding", on_text() | {"network": {"layers": [{"kind": "embedding", "embedding_dim": 96}, NORM]}},
     {"kind": "initialization", "scheme": "he"}, "embeddings keep their own"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "remedy", "why"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refuses_and_says_why(sent: Body, remedy: Body, why: str) -> None:
    with pytest.raises(RemedyHasNothingToDo, match=f"(?s){why}") as refused:
        _changes(sent, remedy)
    assert refused.value.errors[0]["pointer"] == "/remedies/0"


@pytest.mark.parametrize("kind", sorted(set(REMEDIES) - {"activation", "batch_norm", "layer_norm", "residual"}))
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_settings_of_the_training_suit_every_network(architecture: str, kind: str) -> None:
    [change] = _changes(ARCHITECTURES[architecture], {"kind": kind, **SETTINGS[kind]})
    assert change.path.startswith(("training.", "network.init"))


SETTINGS: dict[str, dict[str, Any]] = {
    "clip_grad_norm": {"max_norm": 1.0}, "clip_grad_value": {"clip_value": 0.5}, "initialization": {"scheme": "he"},
    "l1": {"strength": 1e-4}, "l2": {"strength": 1e-4}, "learning_rate": {"factor": 0.1}, "max_norm": {"max_norm": 2.0},
    "optimizer": {"name": "adam"}, "warmup": {"steps": 5},
}  # fmt: skip


def test_the_norm_of_convolutions_is_over_all_channels() -> None:
    norms = [change.after for change in _changes(CNN, LAYER_NORM)]
    assert norms == [GroupNorm(num_groups=1).model_dump(exclude={"name"})] * 4


def test_embeddings_keep_the_init_they_bring() -> None:
    own = {"scheme": "normal", "std": 0.02}
    sent = on_text(ATTENTION)
    sent["network"]["layers"][0]["init"] = own
    run = resolved({**sent, "remedies": [{"kind": "initialization", "scheme": "orthogonal"}]})
    assert run.network.layers[0] == resolved(sent).network.layers[0]


def test_the_norm_before_attention_lies_in_its_residual_in_either_order() -> None:
    either = [resolved({**TRANSFORMER, "remedies": pair}) for pair in ([LAYER_NORM, RESIDUAL], [RESIDUAL, LAYER_NORM])]
    inside = [[[inner.kind for inner in layer.layers] for layer in run.network.layers if layer.kind == "residual"]
              for run in either]  # fmt: skip
    assert inside[0] == inside[1] == [["layer_norm", "self_attention"], ["linear", "layer_norm", "activation"]] * 2


def test_names_stay_apart_where_one_is_taken() -> None:
    taken = body(linear(8), activation("tanh"), linear(10, name="00 linear+batch_norm"))
    rows = layer_rows(apply_all(resolved(taken), experiment({**taken, "remedies": [BATCH_NORM]}).remedies))
    assert [row.layer for row in rows] == [
        "00 linear", "00 linear+batch_norm 2", "01 activation", "00 linear+batch_norm",
    ]  # fmt: skip


def _changes(sent: Body, *remedies: Body) -> list[Any]:
    return changes(resolved(sent), experiment({**sent, "remedies": list(remedies)}).remedies)
