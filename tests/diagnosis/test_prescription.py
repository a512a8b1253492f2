"""Remedies of a finding would really change the run: each alone, and all together."""

import pytest

from service.diagnosis import Finding, diagnose
from service.diagnosis.prescription import (
    ADAM,
    BATCH_NORM,
    HE,
    LAYER_NORM,
    RELU,
    RESIDUAL,
    SLOWER,
    adaptive,
    fitting_init,
    prescribe,
    warmup,
)
from service.experiment import Experiment
from service.remedies import apply_all
from service.spec.optimizers import OPTIMIZERS
from service.spec.run import RunSpec
from tests.diagnosis.traces import Story, run, trace
from tests.experiments import resolved
from tests.remedies.architectures import ARCHITECTURES, Body

STUCK = (2.3, 2.3)
SICK = [
    pytest.param(run("sigmoid", 20), Story(STUCK, factor=0.24), id="sigmoid"),
    pytest.param(run("sigmoid", 20, optimizer="adam", lr=0.001, init="he"), Story(STUCK, factor=0.24), id="half cured"),
    pytest.param(run("tanh", 20, batch_size=1), Story(STUCK, factor=0.5), id="batches of one"),
    pytest.param(run("relu", 20, init="he"), Story(STUCK, factor=0.4, dead=1.0), id="dead"),
    pytest.param(run("relu", 20), Story((1e6, 1e6), factor=3.0, broken=("loss", 1, "")), id="exploding and NaN"),
    pytest.param(run("exponential", 3), Story(broken=("loss", 0, "")), id="exponential"),
    pytest.param(run("tanh", 5), Story(STUCK, saturated=0.9), id="saturated"),
    pytest.param(run("identity", 0), Story((2.3, 1e9), update=5.0), id="a single layer"),
    pytest.param(run("relu", 3, lr=0.0), Story(broken=("loss", 0, "")), id="a learning rate of zero cannot be lowered"),
]


@pytest.mark.parametrize(("run", "story"), SICK)
def test_every_remedy_acts_alone_and_all_act_together(run: RunSpec, story: Story) -> None:
    findings = diagnose(trace(run, story), run)
    assert findings
    for finding in findings:
        assert finding.remedies
        assert Finding.model_validate_json(finding.model_dump_json()) == finding
        for remedy in finding.remedies:
            assert apply_all(run, [remedy]) != run
        assert apply_all(run, finding.remedies) != run


EVERYWHERE = {
    "vanishing from the start": Story((6.0, 6.0), factor=1e-4),
    "vanishing later": Story((6.0, 6.0), factor=(1.0, 1e-6), update=1.0),
    "growth over depth": Story((1e6, 1e6), factor=1e4),
    "long steps": Story((2.3, 1e20), update=(3.0, 1e9), gradient=(1.0, 1e10)),
    "NaN at once": Story(broken=("loss", 0, "")),
    "NaN later": Story((6.0, 6.0), broken=("loss", 40, "")),
}
WITH_ACTIVATIONS = {
    "saturated": Story((6.0, 6.0), saturated=0.95),
    "saturated later": Story((4.0, 40.0), saturated=(0.01, 0.95), update=0.5),
}
WITH_RELU = {
    "born dead": Story((6.0, 6.0), dead=1.0),
    "died early": Story((6.0, 6.0), dead=(0.01, 3.0), update=0.5),
}
RECURRENT = {"rnn", "lstm"}
ANY_NETWORK = [
    *((name, story, function) for name in ARCHITECTURES for story in EVERYWHERE for function in (None, "relu")),
    *((name, story, None) for name in ARCHITECTURES if name not in RECURRENT for story in WITH_ACTIVATIONS),
    *((name, story, "relu") for name in ARCHITECTURES if name not in RECURRENT for story in WITH_RELU),
]


@pytest.mark.parametrize(("architecture", "story", "function"), ANY_NETWORK)
def test_what_is_prescribed_to_any_network_can_be_sent(architecture: str, story: str, function: str | None) -> None:
    sent = _with(ARCHITECTURES[architecture], function)
    sick = resolved(sent)
    findings = diagnose(trace(sick, {**EVERYWHERE, **WITH_ACTIVATIONS, **WITH_RELU}[story]), sick)
    assert findings
    for finding in findings:
        assert finding.remedies
        remedies = [remedy.model_dump(mode="json") for remedy in finding.remedies]
        for sending in (*([remedy] for remedy in remedies), remedies):
            assert Experiment.model_validate({**sent, "remedies": sending}).resolved() != sick


def _with(sent: Body, function: str | None) -> Body:
    """`sent` over 100 steps, its activation functions swapped."""
    layers = [_swapped(layer, function) for layer in sent["network"]["layers"]]
    return {**sent, "network": {"layers": layers}, "training": {**sent["training"], "steps": 100}}


def _swapped(layer: Body, function: str | None) -> Body:
    if function is None:
        return layer
    match layer["kind"]:
        case "activation":
            return {**layer, "function": function}
        case "rnn":
            return {**layer, "nonlinearity": function}
        case "repeat":
            return {**layer, "layers": [_swapped(inner, function) for inner in layer["layers"]]}
        case _:
            return layer


def test_leaves_out_what_has_nothing_to_do() -> None:
    already = run("relu", 4, init="he", width=64)
    kinds = [remedy.kind for remedy in prescribe(already, RELU, HE, BATCH_NORM, RESIDUAL)]
    assert kinds == ["batch_norm", "residual"]


def test_leaves_out_what_would_act_only_behind_another() -> None:
    as_before = {"kind": "learning_rate", "lr": 0.1}
    assert [remedy.kind for remedy in prescribe(run("relu", lr=0.1), ADAM, as_before)] == ["optimizer"]


def test_gives_one_of_a_kind() -> None:
    [remedy] = prescribe(
        run("relu"), {"kind": "clip_grad_norm", "max_norm": 1.0}, {"kind": "clip_grad_norm", "max_norm": 9.0}
    )
    assert remedy.model_dump() == {"kind": "clip_grad_norm", "max_norm": 1.0}


def test_lowers_the_learning_rate_and_keeps_the_optimizer() -> None:
    sick = run("relu", optimizer="rmsprop", lr=0.5)
    [remedy] = prescribe(sick, SLOWER)
    optimizer = apply_all(sick, [remedy]).training.optimizer
    assert optimizer == run("relu", optimizer="rmsprop", lr=0.05).training.optimizer


@pytest.mark.parametrize(
    ("architecture", "kinds"),
    [("mlp", ["batch_norm"]), ("cnn", ["batch_norm"]), ("transformer", ["layer_norm"]), ("rnn", [])],
)
def test_layer_norm_stands_in_where_batch_norm_cannot_act(architecture: str, kinds: list[str]) -> None:
    prescribed = prescribe(resolved(ARCHITECTURES[architecture]), BATCH_NORM, LAYER_NORM, BATCH_NORM)
    assert [remedy.kind for remedy in prescribed] == kinds


def test_layer_norm_stands_in_for_batches_of_one() -> None:
    assert [remedy.kind for remedy in prescribe(run("tanh", batch_size=1), BATCH_NORM)] == ["layer_norm"]


@pytest.mark.parametrize(
    ("steps", "since", "warmed"),
    [(100, 0, 10), (100, 9, 10), (100, 10, None), (19, 0, None), (10**6, 0, 2000), (10**6, 2000, None)],
)
def test_warms_up_over_a_tenth_of_the_run_if_the_trouble_began_there(
    steps: int, since: int, warmed: int | None
) -> None:
    wanted = warmup(run(steps=steps), since)
    assert (wanted and wanted["steps"]) == warmed


@pytest.mark.parametrize("name", [kind.model_fields["name"].default for kind in OPTIMIZERS])
def test_gives_an_adaptive_optimizer_only_to_a_run_without_one(name: str) -> None:
    assert (adaptive(run(optimizer=name)) is not None) == (name == "sgd")


def test_keeps_to_orthogonal_matrices_where_one_acts_again_and_again() -> None:
    assert fitting_init(resolved(ARCHITECTURES["gru head"]))["scheme"] == "orthogonal"


@pytest.mark.parametrize(
    ("function", "scheme"),
    [("relu", "he"), ("tanh", "xavier"), ("selu", "lecun"), ("identity", "orthogonal"), ("gelu", "he")],
)
def test_the_init_fits_the_function(function: str, scheme: str) -> None:
    assert fitting_init(run(function))["scheme"] == scheme
