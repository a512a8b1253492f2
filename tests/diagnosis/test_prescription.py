"""Remedies of a finding would really change the run: each alone, and all together."""

import pytest

from service.diagnosis import Finding, diagnose
from service.diagnosis.prescription import BATCH_NORM, HE, RELU, RESIDUAL, adaptive, fitting_init, prescribe, slower
from service.remedies import apply_all
from service.spec.run import RunSpec
from tests.diagnosis.traces import Story, run, trace

STUCK = (2.3, 2.3)
SICK = [
    pytest.param(run("sigmoid", 20), Story(STUCK, factor=0.24), id="sigmoid"),
    pytest.param(run("sigmoid", 20, optimizer="adam", lr=0.001, init="he"), Story(STUCK, factor=0.24), id="half cured"),
    pytest.param(run("tanh", 20, batch_size=1), Story(STUCK, factor=0.5), id="batches of one have no batch norm"),
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


def test_leaves_out_what_has_nothing_to_do() -> None:
    already = run("relu", 4, init="he", width=64)
    kinds = [remedy.kind for remedy in prescribe(already, RELU, HE, BATCH_NORM, RESIDUAL)]
    assert kinds == ["batch_norm", "residual"]


def test_gives_one_of_a_kind() -> None:
    [remedy] = prescribe(
        run("relu"), {"kind": "clip_grad_norm", "max_norm": 1.0}, {"kind": "clip_grad_norm", "max_norm": 9.0}
    )
    assert remedy.model_dump() == {"kind": "clip_grad_norm", "max_norm": 1.0}


def test_keeps_the_optimizer_and_lowers_its_learning_rate() -> None:
    [remedy] = prescribe(run("relu", optimizer="rmsprop", lr=0.5), slower(run("relu", optimizer="rmsprop", lr=0.5)))
    assert remedy.model_dump()["name"] == "rmsprop"
    assert remedy.model_dump()["lr"] == pytest.approx(0.05)


def test_gives_no_adaptive_optimizer_to_a_run_that_has_one() -> None:
    assert adaptive(run(optimizer="adam")) is None
    assert adaptive(run(optimizer="sgd")) is not None


@pytest.mark.parametrize(
    ("function", "scheme"),
    [("relu", "he"), ("tanh", "xavier"), ("selu", "lecun"), ("identity", "orthogonal"), ("gelu", "he")],
)
def test_the_init_fits_the_function(function: str, scheme: str) -> None:
    assert fitting_init(run(function))["scheme"] == scheme
