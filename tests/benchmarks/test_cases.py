"""The labeled experiments: all kinds, both splits, every rule and cause, each of them valid and accounted for."""

import json
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from benchmarks.diagnosis.case import SCORE, TUNE, Bar, Case, healthy, sick
from benchmarks.diagnosis.catalogue import BY_NAME, CASES
from benchmarks.diagnosis.reference import confirms, digest, told
from service.diagnosis import RULES
from service.diagnosis.diagnose import HEALTHY
from service.diagnosis.finding import Cause
from service.spec.activations import ACTIVATIONS
from service.spec.initializers import WEIGHT_SCHEMES
from service.spec.optimizers import OPTIMIZERS

CONTRACT = {
    "vanishing_gradient", "exploding_gradient", "non_finite", "dead_units", "saturated_activations",
    "poor_initialization", "learning_rate_too_high", "learning_rate_too_low", "oscillating_loss",
    "loss_not_decreasing", "overfitting", "output_mismatch", "input_scale",
}  # fmt: skip
REFERENCE = json.loads(
    Path(__file__).parents[2].joinpath("benchmarks/results/diagnosis_reference.json").read_text(encoding="utf-8")
)["rows"]
WELL = [case for case in CASES if case.healthy]


def one(bar: Bar, value: float) -> dict[str, float]:
    """A run that ended there."""
    return {bar.metric: value}


def test_there_are_enough_and_none_twice() -> None:
    assert len(BY_NAME) == len(CASES) >= 120
    assert len(WELL) >= 50
    for split in (TUNE, SCORE):
        assert 0.4 < Counter(case.split for case in CASES)[split] / len(CASES) < 0.6


@pytest.mark.parametrize("split", [TUNE, SCORE])
def test_every_rule_has_cases_in_both_splits(split: str) -> None:
    best = Counter(case.verdicts[0] for case in CASES if case.split == split)
    assert set(best) == CONTRACT | {HEALTHY}
    assert min(best.values()) >= 2


def test_labels_are_words_of_the_contract() -> None:
    assert set(RULES) <= CONTRACT
    assert {name for case in CASES if not case.healthy for name in case.verdicts} <= CONTRACT
    assert {cause for case in CASES for cause in case.causes} == set(get_args(Cause))


@pytest.mark.parametrize("case", CASES, ids=BY_NAME)
def test_each_can_be_trained_and_says_why(case: Case) -> None:
    assert case.run().total_steps <= 2000
    assert len(case.why) > 15
    assert case.healthy == (not case.causes)
    assert case.bar or not case.healthy
    assert case.bar or case.rate is None


def test_another_seed_and_rate_change_nothing_else() -> None:
    case = BY_NAME["tanh-crawls"]
    plain, other = case.run(), case.run(seed=2, rate=1e3)
    assert other.training.seed == 2
    assert other.training.optimizer.lr == pytest.approx(1e3 * plain.training.optimizer.lr)
    assert (other.network, other.data) == (plain.network, plain.data)


def test_the_healthy_are_of_all_kinds() -> None:
    used = json.dumps([case.body for case in WELL])
    parts = {"conv1d", "conv2d", "rnn", "lstm", "gru", "self_attention", "embedding", "residual", "dropout"}
    parts |= {"batch_norm", "layer_norm", "group_norm"} | (set(ACTIVATIONS) - {"softmax"})
    parts |= {each.model_fields["name"].default for each in OPTIMIZERS}
    parts |= {each.model_fields["scheme"].default for each in WEIGHT_SCHEMES} - {"constant"}
    assert {part for part in parts if f'"{part}"' not in used} == set()
    assert {1, 2, 4} <= {case.run().batch_size for case in WELL}


def test_the_reference_run_is_of_these_cases() -> None:
    ran = {(row["case"], row["times the learning rate"]): row for row in REFERENCE}
    wanted = {(case.name, rate) for case in CASES for rate in (1.0, case.rate) if rate}
    assert set(ran) == wanted
    changed = [name for (name, _), row in ran.items() if row["experiment"] != digest(BY_NAME[name])]
    assert changed == []


def test_the_reference_run_bears_the_labels_out() -> None:
    for row in REFERENCE:
        case = BY_NAME[row["case"]]
        assert row["bar"] == told(case.bar)
        if case.bar:
            endings = [one(case.bar, float("nan") if end is None else end) for end in row["reached"]]
            assert len(endings) == 3
            assert confirms(case, row["times the learning rate"], endings), row


@pytest.mark.parametrize(
    ("bar", "over", "under"),
    [
        (Bar("accuracy", 0.9), 0.9, 0.89),
        (Bar("loss", 0.3), 0.3, 0.31),
        (Bar("validation_rise", 1.2), 1.0, float("nan")),
    ],
)
def test_a_label_has_to_be_confirmed_by_every_seed(bar: Bar, over: float, under: float) -> None:
    well = healthy("a", TUNE, bar, "because", {})
    ill = sick("b", TUNE, "overfitting", "data", "because", {}, bar, rate=0.1)
    good, bad, mixed = ([one(bar, value) for value in pair] for pair in ((over, over), (under, under), (over, under)))
    assert [confirms(well, 1.0, ends) for ends in (good, bad, mixed)] == [True, False, False]
    assert [confirms(ill, 1.0, ends) for ends in (good, bad, mixed)] == [False, True, False]
    assert [confirms(ill, 0.1, ends) for ends in (good, bad, mixed)] == [True, False, False]
