"""The loss of predictions that do not look at the sample, against the best one found by trying."""

from math import log
from typing import Any

import numpy as np
import pytest
import torch

from service.diagnosis.evidence.constant import constant_loss
from service.spec.losses import LossName
from tests.experiments import body, linear, resolved
from tests.sources import KINDS, drawn, spec
from worker.data.load import load
from worker.train.objective import loss_function


def constant(loss: str, *layers: dict[str, Any], **data: Any) -> float | None:
    return constant_loss(resolved(body(*layers, data=data, training={"loss": loss})))


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("cross_entropy", log(10)),
        ("nll", log(10)),
        ("bce_with_logits", 0.1 * log(10) + 0.9 * log(10 / 9)),
        ("bce", 0.1 * log(10) + 0.9 * log(10 / 9)),
        ("mse", 0.09),
        ("huber", 0.045),
        ("l1", 0.1),
    ],
)
def test_is_that_of_the_class_frequencies(loss: str, expected: float) -> None:
    assert constant(loss) == pytest.approx(expected)


def tried(loss: LossName, wanted: np.ndarray, candidates: np.ndarray) -> float:
    measure, targets = loss_function(loss), torch.from_numpy(wanted)
    return min(float(measure(torch.full_like(targets, float(each)), targets)) for each in candidates)


@pytest.mark.parametrize("loss", ["bce", "mse", "l1", "huber"])
def test_one_output_for_two_classes_is_as_good_as_the_best_number(loss: LossName) -> None:
    wanted = (np.arange(569) >= 212).astype(np.float64)
    found = constant(loss, linear(1), source={"kind": "breast_cancer"})
    assert found == pytest.approx(tried(loss, wanted, np.linspace(0.01, 1, 100)), rel=1e-3)


@pytest.mark.parametrize("loss", ["mse", "l1", "huber"])
def test_real_values_are_taken_as_normally_distributed(loss: LossName) -> None:
    source = {"kind": "regression", "n_samples": 20_000, "noise": 0.99}
    wanted = load(resolved(body(linear(1), source=source, training={"loss": loss})), (1,), torch.device("cpu"))
    expected = tried(loss, wanted.training.targets.double().numpy(), np.linspace(-0.05, 0.05, 11))
    assert constant(loss, linear(1), source=source) == pytest.approx(expected, rel=0.02)


def test_adding_has_the_sixth_of_always_answering_one() -> None:
    layers = ({"kind": "flatten"}, linear(1))
    assert constant("mse", *layers, source={"kind": "adding"}) == pytest.approx(1 / 6)
    assert constant("l1", *layers, source={"kind": "adding"}) == pytest.approx(1 / 3, rel=0.03)


@pytest.mark.parametrize(("normalized", "expected"), [(None, 1.0), (True, 1.0), (False, None)])
def test_values_in_units_of_their_own_are_known_once_normalized(
    normalized: bool | None, expected: float | None
) -> None:
    assert constant("mse", linear(1), source={"kind": "diabetes"}, normalize_target=normalized) == expected


def test_without_memory_the_copied_symbols_are_guessed_at_the_right_time() -> None:
    source = {"kind": "copy_memory", "delay": 100}
    embedding = {"kind": "embedding", "embedding_dim": 4}
    assert constant("cross_entropy", embedding, linear(9), source=source) == pytest.approx(10 * log(8) / 120)
    last = constant("cross_entropy", embedding, {"kind": "flatten"}, linear(9), source=source)
    assert last == pytest.approx(log(8))


@pytest.mark.parametrize("kind", KINDS)
def test_sources_know_the_frequencies_and_the_moments_of_what_they_draw(kind: str) -> None:
    source, (_, wanted) = spec(kind=kind), drawn(kind=kind)
    target = source.target()
    if target.kind == "values":
        assert (source.target_variance() or wanted.var()) == pytest.approx(wanted.var(), rel=0.02)
        told = source.target_mean()
        assert (wanted.mean() if told is None else told) == pytest.approx(wanted.mean(), abs=0.02)
        return
    labels = wanted.reshape(len(wanted), -1)
    for step in {0, labels.shape[1] // 2, labels.shape[1] - 1}:
        counted = np.bincount(labels[:, step], minlength=target.size) / len(labels)
        np.testing.assert_allclose(source.class_shares(step), counted, atol=0.03)
