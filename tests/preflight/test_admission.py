"""What is too large is refused by arithmetic, at once, with the place where to lower it."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from service.errors import TooLarge
from service.experiment import Experiment
from service.preflight.admission import Size, admit, compared
from tests.experiments import activation, body, experiment, linear, repeat, resolved
from tests.preflight.limits import LIMITS

BLOBS = {"kind": "blobs", "n_samples": 1000, "n_features": 50, "centers": 10}
BILLIONS = body(linear(10**6), linear(10**6), linear(10))


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        pytest.param(
            body(source={**BLOBS, "n_samples": 10**6, "n_features": 10**4}), "/data/source", id="40 GB of samples"
        ),
        pytest.param(
            body(
                linear(1000),
                source={**BLOBS, "n_samples": 10**6, "n_features": 2, "centers": 1000},
                training={"loss": "mse"},
            ),
            "/data/source",
            id="4 GB of one-hot targets",
        ),
        pytest.param(BILLIONS, "/network/layers", id="10¹² parameters"),
        pytest.param(
            body(linear(10**6), activation("relu"), linear(10), training={"batch_size": 512}),
            "/training/batch_size",
            id="4 GB of outputs a batch",
        ),
        pytest.param(
            body(
                {"kind": "embedding", "embedding_dim": 32},
                {"kind": "self_attention", "num_heads": 32},
                linear(100),
                source={"kind": "text", "length": 512, "n_samples": 200},
                training={"batch_size": 128},
            ),
            "/training/batch_size",
            id="4 GB of attention weights",
        ),
        pytest.param(
            body(
                {"kind": "gru", "hidden_size": 1, "num_layers": 32, "bidirectional": True},
                linear(1),
                source={"kind": "adding", "n_samples": 8, "length": 100_000},
                training={"loss": "mse", "batch_size": 1},
            ),
            "/network/layers",
            id="25 million small operations",
        ),
        pytest.param(body(training={"steps": 10**7}), "/training", id="ten million steps"),
        pytest.param(
            body(repeat(200, linear(8)), linear(10), training={"steps": 10**6}), "/trace/every", id="8 GB of traces"
        ),
        pytest.param(
            body(
                repeat(98, linear(1000)),
                linear(10),
                source={**BLOBS, "n_samples": 4000},
                training={"optimizer": {"name": "adam"}, "precision": "float64", "batch_size": 2500},
            ),
            "/network/layers",
            id="9 GB of parameters, what belongs to them, and outputs",
        ),
    ],
)
def test_what_is_too_large_is_refused_before_anything_is_allocated(sent: dict[str, Any], pointer: str) -> None:
    with pytest.raises(TooLarge) as refused:
        admit(experiment(sent), LIMITS)
    assert refused.value.errors[0]["pointer"] == pointer
    assert refused.value.detail == refused.value.errors[0]["detail"]


@pytest.mark.parametrize(
    ("training", "limit", "least"),
    [
        pytest.param({}, "max_data_bytes", 1000 * (50 * 4 + 8), id="samples and class indices"),
        pytest.param({"loss": "mse"}, "max_data_bytes", 1000 * (50 * 4 + 10 * 4 + 8), id="samples and one-hot targets"),
        pytest.param({"precision": "float64"}, "max_data_bytes", 1000 * (50 * 8 + 8), id="samples of double size"),
        pytest.param({}, "max_batch_bytes", 32 * (16 + 16 + 10) * 4, id="outputs of a batch"),
        pytest.param({"grad_accumulation": 4}, "max_batch_bytes", 32 * (16 + 16 + 10) * 4, id="of one of four passes"),
        pytest.param({"precision": "bfloat16"}, "max_batch_bytes", 32 * (16 + 16 + 10) * 2, id="outputs of half size"),
        pytest.param({"batch_size": 5000}, "max_batch_bytes", 800 * (16 + 16 + 10) * 4, id="of all training samples"),
        pytest.param({}, "max_parameters", 51 * 16 + 17 * 10, id="parameters"),
        pytest.param({"steps": 17}, "max_steps", 17, id="steps"),
    ],
)
def test_a_limit_is_met_exactly(training: dict[str, object], limit: str, least: int) -> None:
    sent = experiment(body(source=BLOBS, training=training))
    admit(sent, replace(LIMITS, **{limit: least}))
    with pytest.raises(TooLarge, match=f"^{least} "):
        admit(sent, replace(LIMITS, **{limit: least - 1}))


def test_every_limit_that_is_exceeded_is_told() -> None:
    with pytest.raises(TooLarge) as refused:
        admit(experiment({**BILLIONS, "trace": {"every": 1}}), replace(LIMITS, max_steps=1, max_trace_bytes=1))
    told = [error["pointer"] for error in refused.value.errors]
    assert told == ["/network/layers", "/network/layers", "/training", "/trace/every"]


def test_sizes_are_exact_beyond_64_bits() -> None:
    sent = body(repeat(400, linear(10**6)), training={"batch_size": 10**6, "grad_accumulation": 1, "steps": 10**8},
                source={**BLOBS, "n_samples": 10**6, "centers": 2})  # fmt: skip
    size = Size.of(resolved(sent))
    assert size.parameters == 51 * 10**6 + 399 * (10**12 + 10**6)
    assert size.memory.activations == 800_000 * 400 * 10**6 * 4
    assert not compared(size, LIMITS)[-1].admitted


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        pytest.param(body(linear(1000), linear(10)), "/network/layers", id="weights"),
        pytest.param(body(linear(20), repeat(400, activation("tanh")), linear(10), training={"batch_size": 1000}),
                     "/training/batch_size", id="outputs"),
        pytest.param(body(), "/data/source", id="samples"),
    ],
)  # fmt: skip
def test_memory_is_to_be_lowered_where_most_of_it_is(sent: dict[str, Any], pointer: str) -> None:
    total = Size.of(resolved(sent)).memory.total
    admit(experiment(sent), replace(LIMITS, max_memory_bytes=total))
    with pytest.raises(TooLarge, match=f"^{total} bytes of memory") as refused:
        admit(experiment(sent), replace(LIMITS, max_memory_bytes=total - 1))
    assert [error["pointer"] for error in refused.value.errors] == [pointer]


def test_a_million_million_parameters_are_refused_as_fast_as_a_small_network_is_admitted() -> None:
    small, large = experiment(body()), experiment(BILLIONS)
    assert Size.of(large.resolved()).parameters > 10**12

    def refused() -> None:
        with pytest.raises(TooLarge):
            admit(large, LIMITS)

    assert _fastest(refused) < 5 * _fastest(lambda: admit(small, LIMITS))


def _fastest(call: Callable[[], object]) -> float:
    def seconds() -> float:
        started = time.perf_counter()
        call()
        return time.perf_counter() - started

    return min(seconds() for _ in range(20))


@pytest.mark.parametrize("kind", ["repeat", "residual"])
def test_nested_containers_cost_no_more_than_their_layers(kind: str) -> None:
    times = {"times": 1} if kind == "repeat" else {}

    def nested(depth: int) -> Experiment:
        layers = [linear(64)]
        for _ in range(depth):
            layers = [{"kind": kind, **times, "layers": layers}]
        return experiment(body(*layers, linear(10)))

    flat, deep = experiment(body(repeat(60, linear(64)), linear(10))), nested(60)
    assert _fastest(lambda: admit(deep, LIMITS)) < 20 * _fastest(lambda: admit(flat, LIMITS))


def test_repeats_of_repeats_are_counted_and_not_unrolled() -> None:
    layers = [linear(64)]
    for _ in range(60):
        layers = [repeat(512, *layers)]
    huge, small = experiment(body(*layers, linear(10))), experiment(body())

    def refused() -> None:
        with pytest.raises(Exception, match="at most 512 are admitted"):
            huge.resolved()

    assert _fastest(refused) < 20 * _fastest(small.resolved)
