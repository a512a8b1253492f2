"""Every data source, and how its samples are split and scaled."""

from importlib import import_module
from typing import Any

import numpy as np
import pytest
import torch

from service.spec.data.data import SOURCES, Data
from worker.data.load import Split, load

PLAIN = {"kind": "circles", "n_samples": 50, "noise": 0.1}
CPU = torch.device("cpu")


def drawn(**source: Any) -> tuple[np.ndarray, np.ndarray]:
    spec = SOURCES[source["kind"]].model_validate(source)
    samples, targets = import_module(f"worker.data.sources.{spec.kind}").load(spec)
    assert samples.shape == (spec.sample_count(), *spec.sample_shape())
    assert set(np.unique(targets)) == set(range(spec.target().size))
    assert (samples.dtype, targets.dtype) == (np.float32, np.int64)
    return samples, targets


@pytest.mark.parametrize("kind", SOURCES)
def test_a_source_is_as_it_says_and_always_the_same(kind: str) -> None:
    (first, labels), (again, same) = drawn(kind=kind), drawn(kind=kind)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(labels, same)


@pytest.mark.parametrize("kind", [kind for kind, source in SOURCES.items() if "seed" in source.model_fields])
def test_another_seed_draws_other_samples(kind: str) -> None:
    assert not np.array_equal(drawn(kind=kind, seed=1)[0], drawn(kind=kind, seed=2)[0])


@pytest.mark.parametrize(
    "source",
    [
        {"kind": "blobs", "n_samples": 7, "n_features": 5, "centers": 4},
        {"kind": "circles", "n_samples": 5, "noise": 0.0, "factor": 0.0},
    ],
    ids=lambda source: source["kind"],
)
def test_parameters_are_obeyed(source: dict[str, Any]) -> None:
    drawn(**source)


def split(seed: int = 0, **data: Any) -> Split:
    return load(Data.model_validate({"source": PLAIN, **data}), "cross_entropy", (2,), seed, CPU)


def test_what_is_held_back_is_not_trained_on() -> None:
    parts = split(normalize="none", validation_fraction=0.3)
    assert parts.validation is not None
    training, validation = ({tuple(row.tolist()) for row in part.inputs} for part in (parts.training, parts.validation))
    assert (len(training), len(validation)) == (35, 15)
    assert training | validation == {tuple(row.tolist()) for row in torch.from_numpy(drawn(**PLAIN)[0])}


def test_the_seed_decides_what_is_held_back() -> None:
    assert torch.equal(split(1).training.inputs, split(1).training.inputs)
    assert not torch.equal(split(1).training.inputs, split(2).training.inputs)


def test_nothing_may_be_held_back() -> None:
    assert split(validation_fraction=0.0).validation is None


@pytest.mark.parametrize(("how", "low", "high"), [("standard", -3.0, 3.0), ("minmax", 0.0, 1.0)])
def test_scaling_is_fitted_on_the_training_part_alone(how: str, low: float, high: float) -> None:
    parts, raw = split(normalize=how), split(normalize="none")
    assert parts.validation is not None
    assert raw.validation is not None
    inputs, plain = parts.training.inputs.double(), raw.training.inputs.double()
    if how == "standard":
        torch.testing.assert_close(inputs.mean(dim=0), torch.zeros(2).double(), atol=1e-6, rtol=0)
        torch.testing.assert_close(inputs.var(dim=0, correction=0), torch.ones(2).double(), atol=1e-6, rtol=0)
        shift, scale = plain.mean(dim=0), plain.std(dim=0, correction=0)
    else:
        shift, scale = plain.amin(dim=0), plain.amax(dim=0) - plain.amin(dim=0)
    assert low <= inputs.min() <= inputs.max() <= high
    expected = (raw.validation.inputs.double() - shift) / scale
    torch.testing.assert_close(parts.validation.inputs.double(), expected, atol=1e-6, rtol=0)


def test_features_that_never_change_become_zero() -> None:
    digits = load(Data.model_validate({"source": {"kind": "digits"}}), "cross_entropy", (10,), 0, CPU)
    assert torch.isfinite(digits.training.inputs).all()
    assert (digits.training.inputs[:, 0] == 0).all()  # the corner of a digit is always white


@pytest.mark.parametrize(("outputs", "shape"), [((2,), (40, 2)), ((1,), (40, 1))], ids=["one-hot", "one number"])
def test_losses_of_numbers_get_numbers(outputs: tuple[int], shape: tuple[int, int]) -> None:
    samples = load(Data.model_validate({"source": PLAIN}), "bce_with_logits", outputs, 0, CPU).training
    assert samples.classes is not None
    assert (samples.targets.shape, samples.targets.dtype) == (shape, torch.float32)
    told = samples.targets.argmax(dim=1) if outputs == (2,) else samples.targets[:, 0].long()
    assert torch.equal(told, samples.classes)
