"""Shared measurements against closed forms and slow obvious versions."""

from math import log, pi

import numpy as np
import pytest

from service.diagnosis.evidence.backward import backward
from service.diagnosis.evidence.origin import input_scale
from service.diagnosis.evidence.outcome import outcome
from service.diagnosis.evidence.slope import hidden_activations, preserved_gradient
from service.diagnosis.evidence.window import evenly, last
from service.spec.activations import ACTIVATIONS, ActivationFunction
from service.trace.trace import Series, Trace
from tests.diagnosis.traces import Story, run, trace

# χ = E[φ′²] / E[φ²] over a unit Gaussian, by hand: homogeneous functions keep the gradient where they keep the signal.
CLOSED_FORMS = {
    "relu": 1.0,
    "identity": 1.0,
    "leaky_relu": 1.0,
    "prelu": 1.0,
    "exponential": 1.0,  # φ′ = φ
    "hardtanh": 0.6827 / (0.6827 - 2 * np.exp(-0.5) / (2 * pi) ** 0.5 + 0.3173),  # P(|z| < 1), E[min(z², 1)]
    "softmax": 0.0,
}


@pytest.mark.parametrize(("name", "chi"), CLOSED_FORMS.items())
def test_preserved_gradient_has_its_closed_form(name: str, chi: float) -> None:
    assert preserved_gradient(_function(name)) == pytest.approx(chi, rel=2e-3)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_only_functions_that_lose_the_gradient_at_any_init_are_themselves_to_blame(name: str) -> None:
    lossy = {"sigmoid", "softplus", "softmax", "log_softmax"}
    assert (preserved_gradient(_function(name)) < 0.5) == (name in lossy)


def _function(name: str) -> ActivationFunction:
    return ActivationFunction.model_validate({"function": name})


def test_hidden_activations_leave_out_the_output() -> None:
    network = run("sigmoid", 2, width=10)
    ending = network.model_copy(
        update={"network": network.network.model_copy(update={"layers": network.network.layers[:-1]})}
    )
    assert list(hidden_activations(ending)) == ["01 activation"]


def test_progress_is_one_for_perfect_predictions_and_zero_for_constant_ones() -> None:
    healthy = run()
    perfect = outcome(trace(healthy, Story((2.3, 1e-9))), healthy)
    constant = outcome(trace(healthy, Story((log(10), log(10)))), healthy)
    assert perfect is not None
    assert constant is not None
    assert perfect.progress == pytest.approx(1, abs=1e-3)
    assert constant.progress == pytest.approx(0, abs=1e-6)


def test_progress_averages_over_enough_samples_to_tell_noise_from_learning() -> None:
    one_by_one = run(batch_size=1, steps=400)
    noisy = trace(one_by_one, Story((2.3, 2.3)))
    noise = np.random.default_rng(0).gamma(1.0, 2.3, size=(400, 1)).astype(np.float32)
    result = outcome(
        Trace(noisy.rows, noisy.metrics, {"loss": Series(noisy.curves["loss"].steps, ("",), noise)}), one_by_one
    )
    assert result is not None
    assert not result.learned(0.5)


def test_a_validation_loss_counts_when_it_is_recent() -> None:
    healthy = run(steps=100)
    story = trace(healthy, Story((2.3, 2.3)))
    for step, learned in ((99, True), (20, False)):
        curves = {**story.curves, "validation_loss": Series(np.array([step]), ("",), np.array([[0.1]], np.float32))}
        result = outcome(Trace(story.rows, story.metrics, curves), healthy)
        assert result is not None
        assert result.learned(0.5) is learned


def test_an_infinite_loss_is_no_progress() -> None:
    sick = run()
    result = outcome(trace(sick, Story(broken=("loss", 90, ""))), sick)
    assert result is not None
    assert result.diverged
    assert result.progress == -np.inf


def test_backward_is_relative_to_the_last_layer_and_skips_what_is_not_finite() -> None:
    sick = run(depth=4)
    signal = backward(trace(sick, Story(factor=0.5, broken=("delta_norm", 10, "00 linear"))))
    assert signal is not None
    assert len(signal.steps) == 10
    np.testing.assert_allclose(signal.at_start, 0.5 ** np.arange(4, -1, -1), rtol=1e-5)
    assert signal.per_layer(float(signal.lately[0])) == pytest.approx(0.5, rel=1e-5)


def test_input_scale_is_read_off_the_first_layer() -> None:
    unscaled = run("relu", 2, normalize="none")
    story = trace(unscaled, Story(gradient=0.1 * 40 * 64**0.5))
    assert input_scale(story, unscaled) == pytest.approx(40, rel=1e-4)


def test_windows_go_by_steps_and_not_by_rows() -> None:
    steps = np.concatenate([np.arange(256), np.arange(300, 3000, 100)])
    late = last(steps, 0.25)
    assert steps[late][0] >= 0.75 * steps[-1]
    share_of_late_rows = np.mean(steps[evenly(steps)] > 1500)
    assert share_of_late_rows == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("count", [1, 2, 3, 10, 1000])
def test_windows_are_never_empty(count: int) -> None:
    steps = np.arange(0, 7 * count, 7)
    assert len(steps[last(steps, 0.1)]) >= 1
    assert set(evenly(steps)) <= set(range(count))
    assert len(evenly(steps)) >= 1
