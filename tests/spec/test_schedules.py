"""Learning rates against torch's schedulers, and how a schedule may be written."""

from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch.optim import lr_scheduler

from service.experiment import Experiment
from service.spec.training import Training
from tests.experiments import body, experiment

TOTAL = 30
LR = 0.5


def rates(schedule: Any, total: int = TOTAL) -> list[float]:
    training = experiment(body(training={"optimizer": {"name": "sgd", "lr": LR}, "lr_schedule": schedule})).training
    return [training.learning_rate(step, total) for step in range(total)]


def by_torch(scheduler: type, total: int, **arguments: Any) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=LR)
    moving, found = scheduler(optimizer, **arguments), []
    for _ in range(total):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        moving.step()
    return found


SCHEDULES = [
    ("constant", lr_scheduler.ConstantLR, {"factor": 1.0}),
    ("cosine", lr_scheduler.CosineAnnealingLR, {"T_max": "total"}),
    ({"name": "cosine", "eta_min": 0.1}, lr_scheduler.CosineAnnealingLR, {"T_max": "total", "eta_min": 0.1 * LR}),
    ("step", lr_scheduler.StepLR, {"step_size": "third", "gamma": 0.1}),
    ({"name": "step", "step_size": 4, "gamma": 0.5}, lr_scheduler.StepLR, {"step_size": 4, "gamma": 0.5}),
    ("linear", lr_scheduler.LinearLR, {"start_factor": 1.0, "end_factor": 0.0, "total_iters": "total"}),
    (
        {"name": "linear", "end_factor": 0.25},
        lr_scheduler.LinearLR,
        {"start_factor": 1.0, "end_factor": 0.25, "total_iters": "total"},
    ),
]


@pytest.mark.parametrize(("sent", "scheduler", "arguments"), SCHEDULES, ids=str)
@pytest.mark.parametrize("warmup", [0, 1, 6])
def test_is_torchs_behind_the_warm_up(sent: Any, scheduler: type, arguments: dict[str, Any], warmup: int) -> None:
    left = TOTAL - warmup
    lengths = {"total": left, "third": -(-left // 3)}
    known = {name: lengths.get(value, value) for name, value in arguments.items()}
    schedule = {**(sent if isinstance(sent, dict) else {"name": sent}), "warmup_steps": warmup}
    found = rates(schedule)
    assert found[:warmup] == pytest.approx([LR * (step + 1) / warmup for step in range(warmup)])
    assert found[warmup:] == pytest.approx(by_torch(scheduler, left, **known), abs=1e-12)


def test_a_warm_up_longer_than_the_run_never_ends() -> None:
    assert rates({"name": "cosine", "warmup_steps": 10}, total=4) == pytest.approx([0.05, 0.1, 0.15, 0.2])


def test_a_name_alone_will_do() -> None:
    short, long = (experiment(body(training={"lr_schedule": sent})) for sent in ("cosine", {"name": "cosine"}))
    assert short == long
    assert Experiment.model_validate_json(short.model_dump_json(exclude_none=True)) == short


def test_the_json_schema_says_so() -> None:
    schema = Training.model_json_schema()
    by_name, spelt_out = schema["properties"]["lr_schedule"]["anyOf"]
    assert by_name == {"enum": ["constant", "cosine", "step", "linear"], "type": "string"}
    assert set(spelt_out["discriminator"]["mapping"]) == set(by_name["enum"])


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param("cosines", id="unknown name"),
        pytest.param({"name": "step", "gamma": 1.5}, id="a step that grows"),
        pytest.param({"name": "cosine", "eta_min": 1.0}, id="a cosine that does not fall"),
        pytest.param({"name": "cosine", "warmup_steps": -1}, id="negative warm-up"),
        pytest.param({"name": "linear", "end_factor": 1e7}, id="a line out of sight"),
        pytest.param({"name": "linear", "gamma": 0.5}, id="a parameter of another schedule"),
        pytest.param(7, id="a number"),
    ],
)
def test_is_refused(sent: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        experiment(body(training={"lr_schedule": sent}))
    assert refused.value.errors()[0]["loc"][:2] == ("training", "lr_schedule")
