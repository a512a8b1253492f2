"""Each remedy: what it edits, and that it refuses where there is nothing to act on."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from service.errors import InvalidExperiment, RemedyHasNothingToDo
from service.remedies import REMEDIES
from service.spec.layers import AnyLayer, Residual
from service.spec.run import RunSpec, layer_rows
from tests.experiments import CURE, activation, body, deep, linear, repeat, residual, resolved


def flat(layers: tuple[AnyLayer, ...]) -> list[AnyLayer]:
    return [
        inner
        for layer in layers
        for inner in ([*flat(layer.layers), layer] if isinstance(layer, Residual) else [layer])
    ]


def functions(run: RunSpec) -> list[str]:
    return [layer.function for layer in flat(run.network.layers) if layer.kind == "activation"]


def kinds(run: RunSpec) -> list[str]:
    return [layer.kind for layer in flat(run.network.layers)]


def remedied(sent: dict[str, Any], *remedies: dict[str, Any]) -> RunSpec:
    return resolved({**sent, "remedies": list(remedies)})


SIGMOIDS = deep("sigmoid", depth=3)
HE = {"scheme": "he"}

ACTS: list[tuple[str, dict[str, Any], dict[str, Any], Callable[[RunSpec], object], object]] = [
    ("relu", SIGMOIDS, {"kind": "activation", "function": "relu"}, functions, ["relu"] * 3),
    ("leaky relu", SIGMOIDS, {"kind": "activation", "function": "leaky_relu", "negative_slope": 0.2},
     lambda run: flat(run.network.layers)[1].parameters, {"negative_slope": 0.2}),
    ("prelu", SIGMOIDS, {"kind": "activation", "function": "prelu"}, functions, ["prelu"] * 3),
    ("only saturating functions", body(linear(8), activation("tanh"), linear(8), activation("elu"), linear(10)),
     {"kind": "activation", "function": "relu"}, functions, ["relu", "elu"]),
    ("all functions", body(linear(8), activation("tanh"), linear(8), activation("elu"), linear(10)),
     {"kind": "activation", "function": "relu", "scope": "all"}, functions, ["relu", "relu"]),
    ("not the one the loss reads", body(linear(8), activation("tanh"), linear(10), activation("sigmoid")),
     {"kind": "activation", "function": "relu"}, functions, ["relu", "sigmoid"]),
    ("not the last of a repeat the loss reads", body(repeat(3, linear(10), activation("tanh"))),
     {"kind": "activation", "function": "relu"}, functions, ["relu", "relu", "tanh"]),
    ("inside residuals", body(residual(linear(64), activation("tanh")), linear(10)),
     {"kind": "activation", "function": "relu"}, functions, ["relu"]),
    ("he", SIGMOIDS, {"kind": "initialization", "scheme": "he"}, lambda run: run.network.init.scheme, "he"),
    ("xavier uniform", SIGMOIDS, {"kind": "initialization", "scheme": "xavier", "distribution": "uniform"},
     lambda run: run.network.init.model_dump(include={"scheme", "distribution"}),
     {"scheme": "xavier", "distribution": "uniform"}),
    ("init of single layers", body(linear(8, init={"scheme": "constant", "value": 0.0}), linear(10)),
     {"kind": "initialization", "scheme": "orthogonal"}, lambda run: run.network.layers[0].init is None, True),
    ("biases start as they did",
     body(init={"scheme": "xavier", "bias": {"scheme": "constant", "value": 0.5}}),
     {"kind": "initialization", "scheme": "he"},
     lambda run: (run.network.init.scheme, run.network.init.bias.value), ("he", 0.5)),
    ("biases of single layers start as they did",
     body(linear(8, init={"scheme": "lecun", "bias": {"scheme": "constant", "value": 0.5}}), linear(10)),
     {"kind": "initialization", "scheme": "he"},
     lambda run: [
         (layer.init or run.network.init).model_dump(include={"scheme", "bias"}) for layer in run.network.layers
     ],
     [{"scheme": "he", "bias": {"scheme": "constant", "value": 0.5}}, {"scheme": "he", "bias": {"scheme": "zeros"}}]),
    ("residual", SIGMOIDS, {"kind": "residual"}, kinds, ["linear", "activation", "residual"] * 3 + ["linear"]),
    ("residual where shapes allow", body(linear(32), activation("relu"), linear(32), activation("relu"), linear(10)),
     {"kind": "residual"}, kinds, ["linear", "activation", "linear", "activation", "residual", "linear"]),
    ("residual with projection", body(linear(32), activation("relu"), linear(10)),
     {"kind": "residual", "project": True}, lambda run: [row.parameters for row in layer_rows(run)],
     [64 * 32 + 32, 0, 64 * 32, 330]),
    ("batch norm", SIGMOIDS, {"kind": "batch_norm"}, kinds, ["linear", "batch_norm", "activation"] * 3 + ["linear"]),
    ("batch norm inside residuals", body(residual(linear(64), activation("relu")), linear(10)),
     {"kind": "batch_norm"}, kinds, ["linear", "batch_norm", "activation", "residual", "linear"]),
    ("layer norm", SIGMOIDS, {"kind": "layer_norm"}, kinds, ["linear", "layer_norm", "activation"] * 3 + ["linear"]),
    ("layer norm for single samples", body(training={"batch_size": 1}), {"kind": "layer_norm"}, kinds,
     ["linear", "layer_norm", "activation", "linear"]),
    ("layer norm where features are enough",
     body(linear(2), activation("relu"), linear(3), activation("relu"), linear(10)), {"kind": "layer_norm"}, kinds,
     ["linear", "activation", "linear", "layer_norm", "activation", "linear"]),
    ("clip by norm", SIGMOIDS, {"kind": "clip_grad_norm", "max_norm": 1.0},
     lambda run: run.training.clip_grad_norm, 1.0),
    ("clip by value", SIGMOIDS, {"kind": "clip_grad_value", "clip_value": 0.5},
     lambda run: run.training.clip_grad_value, 0.5),
    ("l1", SIGMOIDS, {"kind": "l1", "strength": 1e-4}, lambda run: run.training.l1, 1e-4),
    ("l2", SIGMOIDS, {"kind": "l2", "strength": 1e-3}, lambda run: run.training.l2, 1e-3),
    ("max norm", SIGMOIDS, {"kind": "max_norm", "max_norm": 3.0}, lambda run: run.training.max_norm, 3.0),
    ("learning rate", SIGMOIDS, {"kind": "learning_rate", "lr": 0.5}, lambda run: run.training.optimizer.lr, 0.5),
    ("a tenth of the learning rate", body(training={"optimizer": {"name": "sgd", "lr": 0.5, "momentum": 0.9}}),
     {"kind": "learning_rate", "factor": 0.1},
     lambda run: (run.training.optimizer.lr, run.training.optimizer.model_dump()["momentum"]), (0.05, 0.9)),
    ("warm-up", SIGMOIDS, {"kind": "warmup", "steps": 5}, lambda run: run.training.lr_schedule.warmup_steps, 5),
    ("warm-up before the decay that is there", body(training={"lr_schedule": {"name": "cosine", "eta_min": 0.1}}),
     {"kind": "warmup", "steps": 20}, lambda run: run.training.lr_schedule.model_dump(),
     {"name": "cosine", "eta_min": 0.1, "warmup_steps": 20}),
    ("rmsprop", SIGMOIDS, {"kind": "optimizer", "name": "rmsprop", "lr": 0.001},
     lambda run: (run.training.optimizer.name, run.training.optimizer.lr), ("rmsprop", 0.001)),
    ("adam with PyTorch's lr", SIGMOIDS, {"kind": "optimizer", "name": "adam"},
     lambda run: (run.training.optimizer.name, run.training.optimizer.lr), ("adam", 0.001)),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "remedy", "look", "expected"), [case[1:] for case in ACTS], ids=[c[0] for c in ACTS])
def test_acts(
    sent: dict[str, Any], remedy: dict[str, Any], look: Callable[[RunSpec], object], expected: object
) -> None:
    assert look(remedied(sent, remedy)) == expected
    assert look(resolved(sent)) != expected


NORM_ALONE = ({"kind": "flatten"}, {"kind": "layer_norm"})
IDLE = [
    ("no saturating activation", body(), {"kind": "activation", "function": "leaky_relu"}, "saturating"),
    ("the same activation", body(), {"kind": "activation", "function": "relu", "scope": "all"}, "hidden activation"),
    ("only an output activation", body(linear(10), activation("sigmoid")),
     {"kind": "activation", "function": "relu"}, "hidden"),
    ("the same init", body(init=HE), {"kind": "initialization", "scheme": "he"}, "already"),
    ("no equal shapes", body(), {"kind": "residual"}, "project"),
    ("no activation block", body(linear(64), linear(10)), {"kind": "residual", "project": True}, "block"),
    ("in residuals already", body(residual(linear(64), activation("relu")), linear(10)), {"kind": "residual"}, "block"),
    ("no hidden activation", body(linear(10)), {"kind": "batch_norm"}, "hidden activation"),
    ("only an output activation to normalize", body(linear(10), activation("sigmoid")), {"kind": "batch_norm"},
     "no hidden activation"),
    ("normalized already", body(linear(8), {"kind": "batch_norm"}, activation("relu"), linear(10)),
     {"kind": "batch_norm"}, "normalization"),
    ("single samples", body(training={"batch_size": 1}), {"kind": "batch_norm"}, "batch_size"),
    ("layers too narrow for a layer norm", body(linear(2), activation("relu"), linear(10)), {"kind": "layer_norm"},
     "only the sign of two"),
    ("clipped so already", body(training={"clip_grad_norm": 1.0}), {"kind": "clip_grad_norm", "max_norm": 1.0},
     "already"),
    ("entries clipped so already", body(training={"clip_grad_value": 1.0}),
     {"kind": "clip_grad_value", "clip_value": 1.0}, "already"),
    ("the same optimizer", body(), {"kind": "optimizer", "name": "sgd", "lr": 0.1}, "already"),
    ("penalized by size already", body(training={"l1": 0.1}), {"kind": "l1", "strength": 0.1}, "already"),
    ("penalized so already", body(training={"l2": 0.1}), {"kind": "l2", "strength": 0.1}, "already"),
    ("nothing to penalize", body(*NORM_ALONE), {"kind": "l1", "strength": 0.1}, "no layer with weights"),
    ("nothing to penalize by square", body(*NORM_ALONE), {"kind": "l2", "strength": 0.1}, "no layer with weights"),
    ("nothing to shorten", body(*NORM_ALONE), {"kind": "max_norm", "max_norm": 0.1}, "no layer with weights"),
    ("nothing to start differently", body(*NORM_ALONE), {"kind": "initialization", "scheme": "he"}, "no layer with"),
    ("kept as short already", body(training={"max_norm": 3.0}), {"kind": "max_norm", "max_norm": 3.0}, "already"),
    ("the same learning rate", body(), {"kind": "learning_rate", "lr": 0.1}, "is 0.1 already"),
    ("a factor of one", body(), {"kind": "learning_rate", "factor": 1.0}, "already"),
    ("no rate as large", body(training={"optimizer": {"name": "sgd", "lr": 10.0}}),
     {"kind": "learning_rate", "factor": 1e30}, "too large for a learning rate"),
    ("a learning rate of zero", body(training={"optimizer": {"name": "sgd", "lr": 0.0}}),
     {"kind": "learning_rate", "factor": 0.1}, "no factor moves it"),
    ("as long a warm-up already", body(training={"lr_schedule": {"name": "linear", "warmup_steps": 10}}),
     {"kind": "warmup", "steps": 8}, "10 steps already"),
    ("too short a run to warm up", body(), {"kind": "warmup", "steps": 21}, "ends after 20 steps"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "remedy", "why"), [case[1:] for case in IDLE], ids=[case[0] for case in IDLE])
def test_refuses_where_there_is_nothing_to_act_on(sent: dict[str, Any], remedy: dict[str, Any], why: str) -> None:
    with pytest.raises(RemedyHasNothingToDo, match=why) as refused:
        remedied(sent, remedy)
    assert refused.value.errors[0]["pointer"] == "/remedies/0"


def test_every_kind_has_a_case_that_acts_and_one_that_refuses() -> None:
    assert {case[2]["kind"] for case in ACTS} == set(REMEDIES)
    assert {case[2]["kind"] for case in IDLE} == set(REMEDIES)


@pytest.mark.parametrize("fields", [{}, {"lr": 0.1, "factor": 0.1}], ids=["neither", "both"])
def test_a_learning_rate_is_given_in_one_way(fields: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="give lr or factor, exactly one of them"):
        remedied(SIGMOIDS, {"kind": "learning_rate", **fields})


def test_a_warm_up_of_one_step_is_none() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 2"):
        remedied(SIGMOIDS, {"kind": "warmup", "steps": 1})


def test_two_of_a_kind_are_refused() -> None:
    with pytest.raises(InvalidExperiment, match="second l2") as refused:
        remedied(SIGMOIDS, {"kind": "l2", "strength": 0.1}, {"kind": "l2", "strength": 0.2})
    assert refused.value.errors[0]["pointer"] == "/remedies/1"


@pytest.mark.parametrize("kind", ["batch_norm", "residual"])
def test_refuses_more_layers_than_a_network_may_have(kind: str) -> None:
    tall = deep("relu", depth=250)
    with pytest.raises(InvalidExperiment, match="there are 751 layers; at most 512 are admitted") as refused:
        remedied(tall, {"kind": "l2", "strength": 0.1}, {"kind": kind})
    assert refused.value.errors[0]["pointer"] == "/remedies/1"


def test_the_second_remedy_at_fault_is_pointed_at() -> None:
    with pytest.raises(RemedyHasNothingToDo) as refused:
        remedied(SIGMOIDS, {"kind": "batch_norm"}, {"kind": "activation", "function": "sigmoid"})
    assert refused.value.errors[0]["pointer"] == "/remedies/1"


def test_sick_and_remedied_layers_keep_their_names() -> None:
    sick = [row.layer for row in layer_rows(resolved(SIGMOIDS))]
    cured = layer_rows(remedied(SIGMOIDS, *CURE, {"kind": "batch_norm"}, {"kind": "residual"}))
    kept = [row.layer for row in cured if "+" not in row.layer]
    assert kept == sick
    assert [row.layer for row in cured][:4] == [
        "00 linear", "00 linear+batch_norm", "01 activation", "01 activation+residual",
    ]  # fmt: skip


def test_nine_together() -> None:
    run = remedied(
        SIGMOIDS, *CURE, {"kind": "residual"}, {"kind": "batch_norm"}, {"kind": "clip_grad_norm", "max_norm": 1.0},
        {"kind": "clip_grad_value", "clip_value": 1.0}, {"kind": "l1", "strength": 1e-6},
        {"kind": "l2", "strength": 1e-5},
    )  # fmt: skip
    assert kinds(run) == ["linear", "batch_norm", "activation", "residual"] * 3 + ["linear"]
    assert functions(run) == ["relu"] * 3
    assert run.training.optimizer.name == "adam"
    assert (run.training.l1, run.training.l2) == (1e-6, 1e-5)
