"""Whether a loss can compare what a network answers with what the data wants."""

from typing import Any

import pytest

from service.errors import InvalidExperiment
from tests.experiments import activation, body, linear, resolved

EMBEDDING = {"kind": "embedding", "embedding_dim": 4}
FLATTEN = {"kind": "flatten"}
RNN = {"kind": "rnn", "hidden_size": 4}
CONV = {"kind": "conv2d", "out_channels": 2, "kernel_size": 3}
SIGNAL = {"kind": "conv1d", "out_channels": 2, "kernel_size": 3}
ADDING = {"kind": "adding", "n_samples": 10, "length": 5}
COPY = {"kind": "copy_memory", "n_samples": 10, "delay": 1, "remembered": 2, "symbols": 3}
CIRCLES = {"kind": "circles"}
LAYOUT = 'put a flatten or pooling layer before the last linear layer, or let a recurrent one put out its "last" step.'


def sent(*layers: dict[str, Any], loss: str, **rest: Any) -> dict[str, Any]:
    return body(*layers, training={"loss": loss}, **rest)


@pytest.mark.parametrize(
    ("refused", "detail"),
    [
        pytest.param(
            sent(linear(9), loss="nll"),
            "nll needs one output per class: end the network in 10 features, not 9.",
            id="too few outputs",
        ),
        pytest.param(
            sent(linear(1), loss="cross_entropy", source=CIRCLES),
            "cross_entropy needs one output per class: end the network in 2 features, not 1. "
            "Or take bce_with_logits, which one output is enough for.",
            id="one logit for two classes",
        ),
        pytest.param(
            sent(linear(12), loss="bce"),
            "bce needs one output per class: end the network in 10 features, not 12.",
            id="spare outputs where classes are one-hot",
        ),
        pytest.param(
            sent(linear(3), loss="bce_with_logits", source=CIRCLES),
            "bce_with_logits needs one output per class: end the network in 1 or 2 features, not 3.",
            id="three outputs for two classes",
        ),
        pytest.param(
            sent(RNN, linear(2), loss="huber", source=ADDING),
            "huber needs one output per value: end the network in 1 feature, not 2.",
            id="two outputs for one value",
        ),
        *(
            pytest.param(
                sent(RNN, linear(2), loss=loss, source=ADDING),
                f"{loss} needs class labels and this data has real values; use mse, l1 or huber.",
                id=f"{loss} of real values",
            )
            for loss in ("cross_entropy", "nll", "bce", "bce_with_logits")
        ),
        pytest.param(
            sent(CONV, loss="l1"),
            f"l1 needs an output of shape [10] for this data, not [2, 6, 6]; {LAYOUT}",
            id="an image where numbers are wanted",
        ),
        pytest.param(
            sent({**RNN, "output": "sequence"}, linear(10), loss="cross_entropy"),
            f"cross_entropy needs an output of shape [10] for this data, not [8, 10]; {LAYOUT}",
            id="an answer at each time step where one is wanted",
        ),
        pytest.param(
            sent(EMBEDDING, SIGNAL, linear(4), loss="cross_entropy", source=COPY),
            f"cross_entropy needs an output of shape [4] or [5, 4] for this data, not [2, 4]; {LAYOUT}",
            id="as many answers as channels",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused_with_what_to_do(refused: dict[str, Any], detail: str) -> None:
    with pytest.raises(InvalidExperiment) as raised:
        resolved(refused)
    assert raised.value.errors == [{"pointer": "/training/loss", "detail": detail}]


@pytest.mark.parametrize("loss", ["cross_entropy", "nll", "bce_with_logits", "bce", "mse", "l1", "huber"])
@pytest.mark.parametrize(
    "layers", [[linear(4)], [RNN, linear(4)], [FLATTEN, linear(4)]], ids=["each step", "last step", "flat"]
)
def test_targets_at_each_time_step_are_answered_there_or_once(layers: list[dict[str, Any]], loss: str) -> None:
    assert resolved(sent(EMBEDDING, *layers, loss=loss, source=COPY)).total_steps == 20


@pytest.mark.parametrize(
    ("layers", "loss", "source"),
    [
        ([linear(12), activation("log_softmax")], "nll", {"kind": "digits"}),
        ([linear(1), activation("sigmoid")], "bce", CIRCLES),
        ([linear(2), activation("sigmoid")], "bce", CIRCLES),
        ([linear(1)], "l1", CIRCLES),
        ([linear(10)], "huber", {"kind": "digits"}),
        ([linear(3)], "huber", {"kind": "regression", "n_outputs": 3}),
    ],
)
def test_what_can_be_compared_is_let_through(layers: list[dict[str, Any]], loss: str, source: dict[str, Any]) -> None:
    assert resolved(sent(*layers, loss=loss, source=source)).total_steps == 20
