"""What remedies change, told one by one."""

from typing import Any

import pytest

from service.errors import RemedyHasNothingToDo
from service.remedies import apply_all
from service.remedies.diff import Change, changes, diff
from tests.experiments import CURE, activation, body, experiment, linear, residual, resolved
from tests.remedies.architectures import ARCHITECTURES
from tests.remedies.test_combinations import EVERY, acts, remedies

SICK = body(linear(64), activation("tanh"), residual(linear(64), activation("tanh")), linear(10))


def told(*wanted: dict[str, Any], sent: dict[str, Any] = SICK) -> list[dict[str, Any]]:
    given = experiment({**sent, "remedies": list(wanted)}).remedies
    return [change.model_dump(exclude_defaults=True) for change in changes(resolved(sent), given)]


def test_nothing_changed_nothing_told() -> None:
    assert diff(resolved(SICK), resolved(SICK)) == []


def test_a_layer_that_is_replaced() -> None:
    first, second = told({"kind": "activation", "function": "leaky_relu"})
    assert first == {
        "op": "replace", "path": "01 activation", "remedy": 0, "kind": "activation",
        "before": {"kind": "activation", "function": "tanh"},
        "after": {"kind": "activation", "function": "leaky_relu", "negative_slope": 0.01},
    }  # fmt: skip
    assert second["path"] == "03 activation"


def test_an_added_layer_says_where_it_lies() -> None:
    places = [(change["path"], change.get("behind"), change.get("inside")) for change in told({"kind": "batch_norm"})]
    assert places == [
        ("00 linear+batch_norm", "00 linear", None), ("02 linear+batch_norm", "02 linear", "03 residual"),
    ]  # fmt: skip


def test_a_residual_names_what_it_wraps_and_what_is_wrapped_has_not_changed() -> None:
    [change] = told({"kind": "residual"})
    assert (change["op"], change["path"], change["after"]) == (
        "add", "01 activation+residual", {"kind": "residual", "layers": ["00 linear", "01 activation"]},
    )  # fmt: skip
    assert change.get("behind") is None


def test_the_other_way_round_what_was_added_is_removed() -> None:
    before = resolved(SICK)
    after = apply_all(before, remedies(SICK, "batch_norm"))
    assert [(change.op, change.path, change.before) for change in diff(after, before)] == [
        ("remove", change.path, change.after) for change in diff(before, after)
    ]


SETTINGS = [
    ({"kind": "learning_rate", "factor": 0.5}, "replace", "training.optimizer.lr", 0.1, 0.05),
    ({"kind": "clip_grad_norm", "max_norm": 1.0}, "add", "training.clip_grad_norm", None, 1.0),
    ({"kind": "warmup", "steps": 9}, "replace", "training.lr_schedule.warmup_steps", 0, 9),
    ({"kind": "initialization", "scheme": "lsuv"}, "replace", "network.init",
     {"scheme": "torch_default", "bias": {"scheme": "torch_default"}}, {"scheme": "lsuv", "bias": {"scheme": "zeros"}}),
]  # fmt: skip


@pytest.mark.parametrize(("remedy", "op", "path", "before", "after"), SETTINGS)
def test_a_setting(remedy: dict[str, Any], op: str, path: str, before: object, after: object) -> None:
    [change] = changes(resolved(SICK), experiment({**SICK, "remedies": [remedy]}).remedies)
    assert change == Change(op=op, path=path, before=before, after=after, remedy=0, kind=remedy["kind"])


def test_another_optimizer_is_replaced_whole_and_the_same_one_setting_by_setting() -> None:
    [whole] = told({"kind": "optimizer", "name": "adam"})
    assert (whole["path"], whole["before"]["name"], whole["after"]["name"]) == ("training.optimizer", "sgd", "adam")
    single = told({"kind": "optimizer", "name": "sgd", "lr": 0.5, "momentum": 0.9})
    assert [change["path"] for change in single] == ["training.optimizer.lr", "training.optimizer.momentum"]


def test_each_change_tells_which_remedy_made_it() -> None:
    made = told(*CURE, {"kind": "learning_rate", "factor": 0.1})
    assert [(change["remedy"], change["kind"], change["path"]) for change in made] == [
        (0, "activation", "01 activation"), (0, "activation", "03 activation"), (1, "initialization", "network.init"),
        (2, "optimizer", "training.optimizer"), (3, "learning_rate", "training.optimizer.lr"),
    ]  # fmt: skip
    assert made[-1]["before"] == 0.001


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_remedy_that_acts_leaves_a_trace(architecture: str) -> None:
    sent = ARCHITECTURES[architecture]
    acting = [kind for kind in EVERY if acts(resolved(sent), remedies(sent, kind))]
    assert len(acting) >= 9
    assert all(changes(resolved(sent), remedies(sent, kind)) for kind in acting)


def test_points_at_the_remedy_that_has_nothing_to_do() -> None:
    with pytest.raises(RemedyHasNothingToDo) as refused:
        told({"kind": "batch_norm"}, {"kind": "activation", "function": "tanh"})
    assert refused.value.errors[0]["pointer"] == "/remedies/1"
