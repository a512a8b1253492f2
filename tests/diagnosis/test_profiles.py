"""Other tools' rules: each fires where the tool would, is silent elsewhere, and says how it reads a trace."""

from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from service.diagnosis import RULES, diagnose
from service.diagnosis.profiles import OWN, PROFILES
from service.diagnosis.profiles.profile import tool_rule
from service.diagnosis.profiles.readings import epochs, kernels
from service.spec.run import RunSpec
from service.trace.trace import Series, Trace
from tests.diagnosis.traces import Story, run, trace

EVERY_RULE = [(profile, rule) for profile in PROFILES.values() for rule in profile.rules]
EPOCH = 1438 // 64


def curve(*values: float, every: int = 1, first: int = 0) -> Series:
    """A curve with these values."""
    steps = first + every * np.arange(len(values))
    return Series(steps, ("",), np.array(values, np.float32)[:, None])


def told(profile: str, seen: Trace, ran: RunSpec) -> dict[str, Any]:
    """What a profile finds: rule → finding."""
    return {finding.rule: finding for finding in PROFILES[profile].findings(seen, ran)}


def learning(ran: RunSpec, story: Story | None = None, **curves: Series) -> Trace:
    """A trace with an accuracy that rises in every epoch and weights that grow, and whatever else is given."""
    seen = trace(ran, story or Story())
    steps = seen.curves["loss"].steps
    growing = np.linspace(1.0, 1.1, len(steps), dtype=np.float32)[:, None]
    for name in ("weight_norm", "grad_norm"):
        seen.metrics[name].values[:] *= growing
    rising = Series(steps, ("",), np.linspace(0.1, 0.95, len(steps), dtype=np.float32)[:, None])
    lr = Series(steps, ("",), np.full((len(steps), 1), 0.1, np.float32))
    return replace(seen, curves={**seen.curves, "accuracy": rising, "lr": lr, **curves})


@pytest.mark.parametrize(("profile", "rule"), EVERY_RULE, ids=[f"{p.name}-{r.name}" for p, r in EVERY_RULE])
def test_each_says_when_it_fires_how_it_is_read_and_which_of_ours_says_the_same(profile: Any, rule: Any) -> None:
    assert rule.doc.startswith(("Fires when", "Fires at", "Dying", "Exploding", "Vanishing", "Slow", "Oscillating"))
    assert rule.reading.startswith("Here: ")
    assert rule.ours
    assert set(rule.ours) <= set(RULES)
    assert all(threshold.default > 0 and threshold.source for threshold in rule.thresholds)
    assert profile.rule(rule.name) is rule


def test_a_rule_that_does_not_say_how_it_is_read_is_refused() -> None:
    def silent(_trace: Trace, _run: RunSpec) -> None:
        """Fires when it likes."""

    with pytest.raises(TypeError, match="silent does not say"):
        tool_rule("Silent")(silent)


@pytest.mark.parametrize("name", PROFILES)
def test_a_network_that_learns_is_left_alone_by_all_that_look_at_gradients(name: str) -> None:
    ran = run("tanh", 3, steps=300)
    assert told(name, learning(ran), ran) == {}


@pytest.mark.parametrize("name", PROFILES)
def test_nothing_is_said_before_anything_is_recorded(name: str) -> None:
    ran = run()
    assert told(name, Trace(()), ran) == {}


def test_diagnose_asks_the_profile_it_is_told() -> None:
    ran = run("tanh", 3)
    seen = trace(ran, Story(broken=("loss", 7, "")))
    assert diagnose(seen, ran, OWN) == diagnose(seen, ran)
    assert diagnose(seen, ran, "sagemaker_debugger") == PROFILES["sagemaker_debugger"].findings(seen, ran)


@pytest.mark.parametrize(
    ("rule", "function", "story", "first_step"),
    [
        ("VanishingGradient", "tanh", Story(gradient=(1.0, 1e-9)), None),
        ("ExplodingTensor", "tanh", Story(broken=("grad_norm", 40, "00 linear")), 40),
        ("DeadRelu", "relu", Story(dead=0.51), 0),
        ("SaturatedActivation", "tanh", Story(saturated=0.84), 0),
        ("SaturatedActivation", "sigmoid", Story(saturated=0.85), 0),
        ("PoorWeightInitialization", "tanh", Story(gradient=1e-3), 0),
        ("PoorWeightInitialization", "tanh", Story(loss=(2.0, 3.0)), 0),
        ("WeightUpdateRatio", "tanh", Story(update=11.0), 0),
        ("WeightUpdateRatio", "tanh", Story(update=1e-9), 0),
        ("AllZero", "tanh", Story(gradient=0.0), 0),
        ("AllZero", "relu", Story(dead=1.0), 0),
        ("UnchangedTensor", "tanh", Story(update=9e-6), 1),
        ("LossNotDecreasing", "tanh", Story(loss=(2.0, 2.5)), 10),
    ],
)  # fmt: skip
def test_sagemaker_debugger_fires(rule: str, function: str, story: Story, first_step: int | None) -> None:
    ran = run(function, 3)
    found = told("sagemaker_debugger", trace(ran, story), ran)
    assert rule in found
    assert first_step in {None, found[rule].first_step}


@pytest.mark.parametrize(
    ("rule", "function", "story"),
    [
        ("VanishingGradient", "tanh", Story(gradient=1e-4)),
        ("ExplodingTensor", "tanh", Story(gradient=1e30)),
        ("DeadRelu", "relu", Story(dead=0.5)),
        ("DeadRelu", "tanh", Story(dead=0.9)),
        ("SaturatedActivation", "tanh", Story(saturated=0.82)),
        ("SaturatedActivation", "sigmoid", Story(saturated=0.83)),
        ("PoorWeightInitialization", "tanh", Story()),
        ("WeightUpdateRatio", "tanh", Story(update=9.0)),
        ("AllZero", "relu", Story(dead=0.99)),
        ("UnchangedTensor", "tanh", Story(update=1.1e-5)),
    ],
)  # fmt: skip
def test_sagemaker_debugger_is_silent(rule: str, function: str, story: Story) -> None:
    ran = run(function, 3)
    assert rule not in told("sagemaker_debugger", trace(ran, story), ran)


def test_sagemaker_debugger_prefers_the_validation_loss_and_looks_every_ten_steps() -> None:
    ran = run("tanh", 2)
    falling, rising = curve(2.0, 1.5, 1.0, every=10, first=4), curve(1.0, 1.5, every=10, first=4)
    often = curve(2.0, 2.1, 1.0, every=5)
    for validation, fires in ((falling, False), (rising, True), (often, False)):
        seen = learning(ran, validation_loss=validation)
        assert ("LossNotDecreasing" in told("sagemaker_debugger", seen, ran)) == fires


def test_sagemaker_debugger_compares_validation_with_the_training_before_it() -> None:
    ran = run("tanh", 2, steps=40)
    loss = curve(*[1.0] * 20, *[0.5] * 20)
    close, apart = (
        told("sagemaker_debugger", learning(ran, loss=loss, validation_loss=curve(1.05, last, every=20, first=19)), ran)
        for last in (0.54, 0.56)
    )
    assert "Overfit" not in close
    assert apart["Overfit"].first_step == 39
    assert apart["Overfit"].value == pytest.approx(0.12, abs=1e-6)


def test_sagemaker_debugger_only_mentions_that_training_can_stop() -> None:
    ran = run("tanh", 2)
    still = learning(ran, validation_loss=curve(*[0.5] * 12, every=4))
    assert told("sagemaker_debugger", still, ran)["Overtraining"].severity == "info"
    assert "Overtraining" not in told("sagemaker_debugger", learning(ran, validation_loss=curve(*[0.5] * 10)), ran)


@pytest.mark.parametrize(
    ("story", "found"),
    [
        (Story(dead=0.7), "relu"),
        (Story(gradient=1e-6), None),
        (Story(loss=2e3), "explode"),
        (Story(broken=("loss", 30, "")), "explode"),
        (Story(), "not_converge"),
    ],
)
def test_autotrainer_reports_one_problem_where_the_accuracy_is_missed(story: Story, found: str | None) -> None:
    ran = run("relu", 3, steps=400)
    flat = Series(np.arange(400), ("",), np.full((400, 1), 0.1, np.float32))
    said = told("autotrainer", learning(ran, story, accuracy=flat), ran)
    assert list(said) == [found or "not_converge"]


def test_autotrainer_sees_a_first_kernel_far_below_or_above_the_last() -> None:
    ran = run("tanh", 3, steps=400)
    slowly = Series(np.arange(400), ("",), np.linspace(0.1, 0.5, 400, dtype=np.float32)[:, None])
    for factor, found in ((1e-5, ["vanish"]), (1e-3, []), (60.0, []), (71.0, ["explode"])):
        seen = learning(ran, accuracy=slowly)
        seen.metrics["grad_norm"].values[:, 0] *= factor
        assert list(told("autotrainer", seen, ran)) == found


def test_autotrainer_says_nothing_of_gradients_where_the_accuracy_is_reached() -> None:
    ran = run("tanh", 3, steps=400)
    seen = learning(ran, accuracy=Series(np.arange(400), ("",), np.linspace(0.7, 0.9, 400, dtype=np.float32)[:, None]))
    seen.metrics["grad_norm"].values[:, 0] *= 1e-5
    assert told("autotrainer", seen, ran) == {}


def test_autotrainer_counts_swings_of_the_accuracy_of_epochs() -> None:
    ran = run("tanh", 3, steps=20 * EPOCH)
    swinging = np.repeat([0.9 if epoch % 2 else 0.7 for epoch in range(20)], EPOCH).astype(np.float32)[:, None]
    assert list(
        told("autotrainer", learning(ran, accuracy=Series(np.arange(len(swinging)), ("",), swinging)), ran)
    ) == ["unstable"]


@pytest.mark.parametrize(
    ("rule", "function", "story"),
    [
        ("Numerical Error", "tanh", Story(broken=("grad_norm", 40, "00 linear"))),
        ("Numerical Error", "tanh", Story(gradient=0.0)),
        ("Saturated Activation", "tanh", Story(saturated=0.7)),
        ("Saturated Activation", "sigmoid", Story(saturated=0.43)),
        ("Unchange Tensor", "tanh", Story()),
        ("Vanishing Gradient", "tanh", Story(gradient=(1.0, 1e-9))),
    ],
)
def test_deepdiagnosis_exits_at_its_first_symptom(rule: str, function: str, story: Story) -> None:
    ran = run(function, 3, steps=12 * EPOCH)
    seen = learning(ran, story) if rule != "Unchange Tensor" else trace(ran, story)
    assert list(told("deepdiagnosis", seen, ran)) == [rule]


@pytest.mark.parametrize(
    ("loss", "end", "fires"),
    [("cross_entropy", "relu", True), ("cross_entropy", "identity", False), ("nll", "identity", True)],
)
def test_deepdiagnosis_looks_at_the_output_first(loss: str, end: str, fires: bool) -> None:
    ran = run(end, 0, loss=loss)
    layers = ran.network.layers
    if end == "relu":
        block = run("relu", 1, width=10, loss=loss).network.layers
        ran = ran.model_copy(update={"network": ran.network.model_copy(update={"layers": (*layers[:0], *block[:2])})})
    found = told("deepdiagnosis", learning(ran, Story(without=("dead_fraction",))), ran)
    assert ("Out of Range" in found) == fires
    if fires:
        assert found["Out of Range"].cause == "output_layer"


@pytest.mark.parametrize(
    ("story", "largest", "cause"),
    [(Story(saturated=0.9), 4.0, "data"), (Story(saturated=0.9, gain=1e3), 0.9, "initialization"),
     (Story(saturated=0.9, gradient=1e3), 0.9, "learning_rate"), (Story(saturated=0.9), 0.9, "unknown")],
)  # fmt: skip
def test_deepdiagnosis_names_what_is_out_of_bounds(story: Story, largest: float, cause: str) -> None:
    ran = run("tanh", 3, steps=6 * EPOCH)
    seen = learning(ran, story, input_max=curve(largest))
    assert told("deepdiagnosis", seen, ran)["Saturated Activation"].cause == cause


def test_kernels_are_the_gradients_without_the_biases() -> None:
    ran = run("tanh", 1, width=4)
    seen = trace(ran, Story(gradient=5.0))
    total = seen.metrics["grad_norm"]
    biases = Series(total.steps, total.layers, np.full_like(total.values, 3.0))
    read = kernels(replace(seen, metrics={**seen.metrics, "bias_grad_norm": biases}), ran)
    assert read
    np.testing.assert_allclose(read.gradient, 4.0)
    np.testing.assert_array_equal(read.count, [64 * 4, 4 * 10])
    np.testing.assert_allclose(read.mean_gradient[0], np.sqrt(2 / np.pi) * 4 / np.sqrt([256, 40]))


def test_epochs_are_means_of_their_steps_and_the_validation_before_their_end() -> None:
    ran = run("tanh", 1, steps=3 * EPOCH)
    loss = np.arange(3 * EPOCH, dtype=np.float32)
    validation = curve(1.0, 2.0, every=EPOCH, first=EPOCH + 3)
    read = epochs(
        learning(ran, loss=Series(np.arange(3 * EPOCH), ("",), loss[:, None]), validation_loss=validation), ran
    )
    assert read
    np.testing.assert_array_equal(read.ends, [EPOCH - 1, 2 * EPOCH - 1, 3 * EPOCH - 1])
    np.testing.assert_allclose(read.loss, [loss[k * EPOCH : (k + 1) * EPOCH].mean() for k in range(3)])
    np.testing.assert_array_equal(read.validation_loss, [np.nan, 1.0, 2.0])


@pytest.mark.parametrize(
    ("profile", "rule", "threshold", "low", "high", "flat"),
    [
        ("sagemaker_debugger", "SaturatedActivation", "tanh_share", -9.4999, 9.4999, 2.9932),
        ("sagemaker_debugger", "SaturatedActivation", "sigmoid_share", -23, 16.99999, 5.9864),
        ("deepdiagnosis", "Saturated Activation", "tanh_share", -5, 5, 2.9932),
        ("deepdiagnosis", "Saturated Activation", "sigmoid_share", -5, 5, 5.9864),
    ],
)
def test_bounds_on_inputs_are_shares_of_flat_outputs(
    profile: str, rule: str, threshold: str, low: float, high: float, flat: float
) -> None:
    """Found by looking for the normal distribution of which half lies beyond the tool's bounds."""
    deviations = np.linspace(5, 40, 35_001)
    beyond = [1 - NormalDist(0, s).cdf(high) + NormalDist(0, s).cdf(low) for s in deviations]
    wide = NormalDist(0, deviations[int(np.searchsorted(beyond, 0.5))])
    known = {each.name: each.default for each in PROFILES[profile].rule(rule).thresholds}
    assert known[threshold] == pytest.approx(2 * wide.cdf(-flat), abs=1e-3)
