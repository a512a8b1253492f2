"""How samples are split, laid out, scaled, and told to the loss."""

from typing import Any

import numpy as np
import pytest
import torch

from service.spec.data.view import feature_axes
from tests.experiments import body, linear, resolved
from tests.sources import drawn
from worker.data import scaling
from worker.data.load import Samples, Split, load
from worker.data.scaling import Scaling

PLAIN = {"kind": "circles", "n_samples": 50, "noise": 0.1}
COPY = {"kind": "copy_memory", "n_samples": 40, "delay": 2, "remembered": 2, "symbols": 3}
CPU = torch.device("cpu")
EMBEDDING = {"kind": "embedding", "embedding_dim": 4}
RNN = {"kind": "rnn", "hidden_size": 4}


def loaded(*layers: dict[str, Any], seed: int = 0, loss: str = "cross_entropy", **data: Any) -> Split:
    run = resolved(body(*layers, data={"source": PLAIN, **data}, training={"seed": seed, "loss": loss}))
    return load(run, run.placed()[-1].out_shape, CPU)


def split(seed: int = 0, **data: Any) -> Split:
    return loaded(linear(2), seed=seed, **data)


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
    digits = loaded(linear(10), source={"kind": "digits"})
    assert torch.isfinite(digits.training.inputs).all()
    assert (digits.training.inputs[:, 0] == 0).all()  # the corner of a digit is always white


CONV = {"kind": "conv2d", "out_channels": 2, "kernel_size": 3}
SIGNAL = {"kind": "conv1d", "out_channels": 2, "kernel_size": 3}


@pytest.mark.parametrize(
    ("layers", "shape"),
    [
        pytest.param([linear(10)], (64,), id="linear"),
        pytest.param([CONV, {"kind": "flatten"}, linear(10)], (1, 8, 8), id="conv2d"),
        pytest.param([SIGNAL, {"kind": "flatten"}, linear(10)], (1, 64), id="conv1d"),
        pytest.param([RNN, linear(10)], (8, 8), id="rnn"),
    ],
)
def test_digits_lie_as_the_first_layer_reads_them(layers: list[dict[str, Any]], shape: tuple[int, ...]) -> None:
    digits, flat = (
        loaded(*chosen, source={"kind": "digits"}, normalize="none").training for chosen in (layers, [linear(10)])
    )
    assert digits.inputs.shape[1:] == shape
    assert torch.equal(digits.inputs.flatten(1), flat.inputs)  # row by row, in every layout


def test_the_shape_asked_for_is_had() -> None:
    digits = loaded(RNN, linear(10), source={"kind": "digits"}, shape=[16, 4], normalize="none").training
    flat = loaded(linear(10), source={"kind": "digits"}, normalize="none").training
    assert torch.equal(digits.inputs, flat.inputs.reshape(-1, 16, 4))


@pytest.mark.parametrize(
    ("view", "shape", "feature"),
    [("vector", (6,), 0), ("sequence", (5, 3), 1), (None, (5, 3), 1), ("signal", (3, 5), 0), ("image", (3, 4, 5), 0)],
)
@pytest.mark.parametrize("how", ["standard", "minmax"])
@pytest.mark.parametrize("block", [1, 50, 1 << 20])
def test_features_are_scaled_as_a_slow_loop_does(
    view: Any, shape: tuple[int, ...], feature: int, how: Any, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scaling, "_BLOCK", block)
    samples = np.random.default_rng(0).normal(1e4, 3.0, (20, *shape)).astype(np.float32)
    rows = np.array([3, 1, 4, 15, 9, 2, 6])
    scaled = Scaling.fitted(samples, rows, how, feature_axes(shape, view)).applied(samples, np.arange(20))
    for which in range(shape[feature]):
        own = np.take(samples, which, axis=feature + 1).astype(np.float64)
        known = own[rows]
        shift, spread = (known.mean(), known.std()) if how == "standard" else (known.min(), np.ptp(known))
        np.testing.assert_allclose(np.take(scaled, which, axis=feature + 1), (own - shift) / spread, atol=1e-5)


@pytest.mark.parametrize("how", ["standard", "minmax"])
def test_a_feature_that_rounding_would_give_a_variance_is_zero(how: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling, "_BLOCK", 7)
    samples = np.full((1001, 1), 0.1, np.float32)
    assert not Scaling.fitted(samples, np.arange(1000), how, (0,)).applied(samples, np.arange(1001)).any()


@pytest.mark.parametrize("normalize", ["standard", "minmax", "none"])
def test_tokens_are_never_scaled(normalize: str) -> None:
    parts = loaded(EMBEDDING, linear(4), source=COPY, normalize=normalize, validation_fraction=0.0)
    assert parts.training.inputs.dtype == torch.int64
    assert sorted(parts.training.inputs.tolist()) == sorted(drawn(**COPY)[0].tolist())


@pytest.mark.parametrize(
    ("layers", "shape"), [([linear(2)], (40, 2)), ([linear(1)], (40, 1))], ids=["one-hot", "one number"]
)
def test_losses_of_numbers_get_numbers(layers: list[dict[str, Any]], shape: tuple[int, int]) -> None:
    samples = loaded(*layers, loss="bce_with_logits").training
    assert samples.classes is not None
    assert (samples.targets.shape, samples.targets.dtype) == (shape, torch.float32)
    assert samples.targets.unique().tolist() == [0, 1]
    told = samples.targets.argmax(dim=1) if shape == (40, 2) else samples.targets[:, 0].long()
    assert torch.equal(told, samples.classes)


def copied(*layers: dict[str, Any], loss: str) -> Samples:
    return loaded(EMBEDDING, *layers, source=COPY, loss=loss, validation_fraction=0.0).training


@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_a_network_is_asked_as_often_as_it_answers(loss: str) -> None:
    every, last = copied(linear(4), loss=loss), copied(RNN, linear(4), loss=loss)
    answers = dict(zip(map(tuple, drawn(**COPY)[0].tolist()), drawn(**COPY)[1].tolist(), strict=True))
    wanted = torch.tensor([answers[tuple(tokens)] for tokens in every.inputs.tolist()])
    assert torch.equal(every.classes, wanted)
    assert torch.equal(last.classes, wanted[:, -1])
    for samples in (every, last):
        if loss == "mse":
            assert torch.equal(samples.targets, torch.nn.functional.one_hot(samples.classes, 4).float())
        else:
            assert samples.targets is samples.classes


@pytest.mark.parametrize(("asked", "normalized"), [(None, True), (True, True), (False, False)])
def test_targets_in_units_of_their_own_are_normalized_by_the_training_part(asked: Any, normalized: bool) -> None:
    source = {"kind": "diabetes"}
    parts = loaded(linear(1), source=source, loss="mse", normalize_target=asked)
    raw = loaded(linear(1), source=source, loss="mse", normalize_target=False)
    assert parts.validation is not None
    assert raw.validation is not None
    known = raw.training.targets.double()
    shift, spread = (known.mean(), known.std(correction=0)) if normalized else (0, 1)
    torch.testing.assert_close(parts.training.targets.double(), (known - shift) / spread, atol=1e-5, rtol=0)
    held = (raw.validation.targets.double() - shift) / spread
    torch.testing.assert_close(parts.validation.targets.double(), held, atol=1e-5, rtol=0)
    assert (parts.training.targets.dtype, parts.training.classes) == (torch.float32, None)


def test_every_output_is_normalized_by_itself() -> None:
    source = {"kind": "regression", "n_outputs": 3}
    targets = loaded(linear(3), source=source, loss="mse", normalize_target=True).training.targets.double()
    torch.testing.assert_close(targets.mean(dim=0), torch.zeros(3).double(), atol=1e-6, rtol=0)
    torch.testing.assert_close(targets.var(dim=0, correction=0), torch.ones(3).double(), atol=1e-6, rtol=0)


def test_classes_are_left_alone_whatever_is_asked_of_targets() -> None:
    assert loaded(linear(2), normalize_target=True).training.targets.unique().tolist() == [0, 1]
