"""Remedies together: in any order the result can be trained, or the remedy at fault is pointed at."""

from collections.abc import Iterator
from itertools import permutations

import pytest

from service.errors import InvalidExperiment, RemedyHasNothingToDo
from service.remedies import REMEDIES, Remedy, apply_all
from service.remedies.apply import one_by_one
from service.spec.run import RunSpec, check, layer_rows
from tests.experiments import experiment, resolved
from tests.remedies.architectures import ARCHITECTURES, Body

EVERY: dict[str, Body] = {
    "activation": {"function": "relu"},
    "batch_norm": {},
    "clip_grad_norm": {"max_norm": 1.0},
    "clip_grad_value": {"clip_value": 0.5},
    "initialization": {"scheme": "orthogonal"},
    "l1": {"strength": 1e-4},
    "l2": {"strength": 1e-4},
    "layer_norm": {},
    "learning_rate": {"lr": 0.5},
    "max_norm": {"max_norm": 2.0},
    "optimizer": {"name": "rmsprop", "lr": 0.001},
    "residual": {"project": True},
    "warmup": {"steps": 5},
}
OF_LAYERS = ("activation", "batch_norm", "initialization", "layer_norm", "residual")


def remedies(sent: Body, *kinds: str) -> tuple[Remedy, ...]:
    return experiment({**sent, "remedies": [{"kind": kind, **EVERY[kind]} for kind in kinds]}).remedies


def names(run: RunSpec) -> list[str]:
    return [row.layer for row in layer_rows(run)]


def test_every_remedy_takes_part() -> None:
    assert set(EVERY) == set(REMEDIES)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_alone_and_in_pairs_the_result_can_be_trained_or_the_one_at_fault_is_named(architecture: str) -> None:
    sent = ARCHITECTURES[architecture]
    run = resolved(sent)
    acting = {kind for kind in EVERY if acts(run, remedies(sent, kind))}
    assert acting >= set(EVERY) - set(OF_LAYERS)
    for pair in permutations(EVERY, 2):
        try:
            remedied = apply_all(run, remedies(sent, *pair))
        except InvalidExperiment as refusal:
            [error] = refusal.errors
            assert pair[int(error["pointer"].removeprefix("/remedies/"))] not in acting or set(pair) <= set(OF_LAYERS)
        else:
            check(remedied)
            assert RunSpec.model_validate_json(remedied.model_dump_json()) == remedied
            kept = names(remedied)
            assert len(set(kept)) == len(kept)
            assert [name for name in kept if "+" not in name] == names(run)


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_second_time_there_is_nothing_to_do(architecture: str, kind: str) -> None:
    sent = ARCHITECTURES[architecture]
    once = next(_until_refused(resolved(sent), remedies(sent, kind)), resolved(sent))
    with pytest.raises(RemedyHasNothingToDo) as refused:
        apply_all(once, remedies(sent, kind))
    assert refused.value.errors[0]["pointer"] == "/remedies/0"


NORMALIZED_ONCE = [("batch_norm", "layer_norm"), ("layer_norm", "batch_norm")]


@pytest.mark.parametrize("pair", NORMALIZED_ONCE)
@pytest.mark.parametrize("architecture", ["mlp", "cnn", "signals", "gru head"])
def test_one_normalization_is_enough(architecture: str, pair: tuple[str, str]) -> None:
    sent = ARCHITECTURES[architecture]
    with pytest.raises(RemedyHasNothingToDo, match="without a normalization before it") as refused:
        apply_all(resolved(sent), remedies(sent, *pair))
    assert refused.value.errors[0]["pointer"] == "/remedies/1"


def test_where_one_normalization_cannot_act_the_other_goes_on() -> None:
    sent = ARCHITECTURES["conv lstm"]
    added = [
        name for name in names(apply_all(resolved(sent), remedies(sent, "batch_norm", "layer_norm"))) if "+" in name
    ]
    assert added == ["00 conv1d+batch_norm", "03 linear+layer_norm"]


@pytest.mark.parametrize(
    ("architecture", "pair"),
    [(name, pair) for name in ("mlp", "cnn", "signals", "transformer")
     for pair in (("residual", "layer_norm"), ("residual", "activation"), ("layer_norm", "initialization"))],
)  # fmt: skip
def test_edits_of_different_things_come_out_the_same_in_either_order(architecture: str, pair: tuple[str, str]) -> None:
    sent = ARCHITECTURES[architecture]
    one_way, other_way = (apply_all(resolved(sent), remedies(sent, *order)) for order in (pair, pair[::-1]))
    assert _shape(one_way) == _shape(other_way)


def _shape(run: RunSpec) -> list[tuple[str, str | None, int, tuple[int, ...]]]:
    return [(row.kind, row.function, row.parameters, row.shape) for row in layer_rows(run)]


def acts(run: RunSpec, wanted: tuple[Remedy, ...]) -> bool:
    return any(True for _ in _until_refused(run, wanted))


def _until_refused(run: RunSpec, wanted: tuple[Remedy, ...]) -> Iterator[RunSpec]:
    try:
        yield from one_by_one(run, wanted)
    except RemedyHasNothingToDo:
        return
