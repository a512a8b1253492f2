"""Every data source: it is as it says, always the same, and what the literature tells of it."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from service.spec.data.english import ALPHABET, CHARACTERS, english
from tests.sources import KINDS, drawn, spec

TEXT = 96


@pytest.mark.parametrize("kind", KINDS)
def test_a_source_is_as_it_says_and_always_the_same(kind: str) -> None:
    (first, targets), (again, same) = drawn(kind=kind), drawn(kind=kind)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(targets, same)
    source = spec(kind=kind)
    if source.target().kind == "classes" and kind != "text":
        assert set(np.unique(targets)) == set(range(source.target().size))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "seed" in type(spec(kind=kind)).model_fields])
def test_another_seed_draws_other_samples(kind: str) -> None:
    assert not np.array_equal(drawn(kind=kind, seed=1)[0], drawn(kind=kind, seed=2)[0])


@pytest.mark.parametrize(
    "source",
    [
        {"kind": "blobs", "n_samples": 7, "n_features": 5, "centers": 4},
        {"kind": "circles", "n_samples": 5, "noise": 0.0, "factor": 0.0},
        {"kind": "moons", "n_samples": 5, "noise": 0.0},
        {"kind": "spirals", "n_samples": 9, "n_classes": 4, "noise": 0.0},
        {"kind": "xor", "n_samples": 6, "n_features": 5, "noise": 0.0},
        {"kind": "regression", "n_samples": 5000, "n_features": 3, "n_outputs": 2, "width": 4, "depth": 3},
        {"kind": "adding", "n_samples": 5, "length": 2},
        {"kind": "copy_memory", "n_samples": 4, "delay": 1, "remembered": 1, "symbols": 2},
        {"kind": "text", "n_samples": CHARACTERS // 2, "length": 1},
        {"kind": "text", "n_samples": 4, "length": CHARACTERS // 4 - 1},
    ],
    ids=lambda source: source["kind"],
)
def test_parameters_are_obeyed(source: dict[str, Any]) -> None:
    drawn(**source)


@pytest.mark.parametrize(
    ("kind", "classes"),
    [("iris", [50, 50, 50]), ("wine", [59, 71, 48]), ("breast_cancer", [212, 357])],
)
def test_real_data_has_its_known_classes(kind: str, classes: list[int]) -> None:
    assert np.bincount(drawn(kind=kind)[1]).tolist() == classes


def test_diabetes_is_as_measured() -> None:
    samples, progress = drawn(kind="diabetes")
    assert set(np.unique(samples[:, 1])) == {1.0, 2.0}  # the two sexes of the patients, not a scaled number
    assert (progress.min(), progress.max()) == (25, 346)


def accuracy_of_a_line(samples: np.ndarray, classes: np.ndarray) -> float:
    return float(LogisticRegression().fit(samples, classes).score(samples, classes))


@pytest.mark.parametrize(("kind", "most"), [("xor", 0.6), ("spirals", 0.75), ("circles", 0.6), ("moons", 0.95)])
def test_no_line_parts_the_classes_but_neighbors_do(kind: str, most: float) -> None:
    samples, classes = drawn(kind=kind)
    assert accuracy_of_a_line(samples, classes) < most
    assert KNeighborsClassifier(5).fit(samples[:800], classes[:800]).score(samples[800:], classes[800:]) > 0.97


def test_xor_is_told_by_the_signs_of_two_features_alone() -> None:
    samples, classes = drawn(kind="xor", n_features=5, noise=0.0)
    assert Counter(map(tuple, samples[:, :2])) == dict.fromkeys([(-1, -1), (-1, 1), (1, -1), (1, 1)], 250)
    np.testing.assert_array_equal(classes, samples[:, 0] * samples[:, 1] < 0)
    for feature in samples[:, 2:].T:
        assert abs(np.corrcoef(feature, classes)[0, 1]) < 0.1
        assert feature.std() == pytest.approx(1, abs=0.1)
    clouds, _ = drawn(kind="xor", noise=0.2)
    assert (clouds - samples[:, :2]).std() == pytest.approx(0.2, rel=0.1)


def test_spirals_wind_as_often_as_asked() -> None:
    samples, classes = drawn(kind="spirals", n_classes=3, turns=2.0, noise=0.0)
    radius = np.hypot(*samples.T)
    assert radius.max() <= 1
    angle = np.arctan2(samples[:, 1], samples[:, 0]) / (2 * np.pi)
    np.testing.assert_allclose((angle - 2 * radius - classes / 3 + 0.5) % 1, 0.5, atol=1e-4)


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_the_teachers_answers_have_unit_variance_and_as_much_noise_as_asked(noise: float) -> None:
    source = {"kind": "regression", "n_samples": 5000, "n_outputs": 2, "depth": 2}
    samples, targets = drawn(**source, noise=noise)
    np.testing.assert_allclose(targets.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(targets.var(axis=0), 1, rtol=1e-5)
    clean_samples, clean = drawn(**source)
    np.testing.assert_array_equal(samples, clean_samples)
    shared = [np.corrcoef(ours, theirs)[0, 1] ** 2 for ours, theirs in zip(targets.T, clean.T, strict=True)]
    assert shared == pytest.approx([1 - noise] * 2, abs=0.03)


def test_a_teacher_is_no_linear_map() -> None:
    samples, targets = drawn(kind="regression", n_samples=5000)
    explained = samples @ np.linalg.lstsq(samples, targets)[0]
    assert 0.3 < explained.var() < 0.9


@pytest.mark.parametrize("length", [2, 7, 100])
def test_adding_wants_the_sum_of_one_number_in_each_half(length: int) -> None:
    samples, sums = drawn(kind="adding", n_samples=500, length=length)
    for (numbers, marks), (wanted,) in zip(samples.transpose(0, 2, 1), sums, strict=True):
        first, second = np.flatnonzero(marks)
        assert first < length // 2 <= second
        assert marks[[first, second]].tolist() == [1, 1]
        assert wanted == np.float32(numbers[first] + numbers[second])
    assert 0 <= samples[:, :, 0].min() <= samples[:, :, 0].max() < 1


def test_always_answering_one_to_adding_errs_by_a_sixth() -> None:
    assert np.square(drawn(kind="adding")[1] - 1).mean() == pytest.approx(1 / 6, rel=0.02)


def test_copy_memory_is_laid_out_as_in_the_literature() -> None:
    samples, wanted = drawn(kind="copy_memory", n_samples=200, delay=5, remembered=3, symbols=4)
    blank, signal = 4, 5
    for sample, answer in zip(samples, wanted, strict=True):
        kept = sample[:3].tolist()
        assert sample.tolist() == [*kept, *[blank] * 4, signal, *[blank] * 3]
        assert answer.tolist() == [*[blank] * 8, *kept]
    assert set(np.unique(samples[:, :3])) == {0, 1, 2, 3}


def test_text_is_english_in_a_fixed_alphabet() -> None:
    assert len(ALPHABET) == spec(kind="text").sample_shape().vocabulary == TEXT
    assert set(english()) <= set(ALPHABET)
    assert len(english()) == CHARACTERS
    assert english().count(" the ") > 1000


def test_text_wants_the_next_character_at_each() -> None:
    samples, following = drawn(kind="text", n_samples=50, length=20)
    np.testing.assert_array_equal(samples[:, 1:], following[:, :-1])
    for sample, last in zip(samples, following[:, -1], strict=True):
        assert "".join(ALPHABET[place] for place in [*sample, last]) in english()


def test_no_two_samples_share_text(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = np.random.default_rng(0).integers(TEXT, size=CHARACTERS)  # no eight characters come twice
    monkeypatch.setattr("worker.data.sources.text.english", lambda: "".join(ALPHABET[code] for code in codes))
    place = {codes[start : start + 8].tobytes(): start for start in range(CHARACTERS - 7)}
    cuts = set()
    for seed in range(5):
        samples, _ = drawn(kind="text", n_samples=5000, length=70, seed=seed)
        starts = sorted(place[sample[:8].tobytes()] for sample in samples)
        assert np.diff(starts).min() == 71  # with the character that the last one is followed by
        cuts.add(starts[0] % 71)
    assert len(cuts) > 1


def test_text_hardly_repeats_itself() -> None:
    """Half of the chapters' text stands in two of them; what is held back must not have been read before."""
    text, length = english(), 65
    pieces = Counter(text[place : place + length] for place in range(len(text) - length))
    assert sum(times - 1 for times in pieces.values()) / len(text) < 0.03
