"""The estimated time, beside the time that the engine takes, of several networks in one run."""

import time

import pytest
import torch

from service.preflight.admission import Size
from service.preflight.duration import cpu_seconds, flops_per_step
from tests.experiments import activation, body, linear, repeat, resolved
from tests.preflight.networks import NETWORKS, Body
from worker.train.engine import Engine

_CONV: Body = {"kind": "conv2d", "out_channels": 32, "kernel_size": 3, "padding": 1}
_SHAPES = {
    "deep": body(repeat(60, linear(16), activation("tanh")), linear(10)),
    "wide": body(repeat(3, linear(1024), activation("relu")), linear(10), training={"batch_size": 256}),
    "convolutions": body(repeat(6, _CONV, activation("relu")), {"kind": "flatten"}, linear(10)),
    "recurrent": body({"kind": "rnn", "hidden_size": 64}, linear(10), data={"shape": [64, 1]}),
    "transformer": NETWORKS["transformer"],
}
_FACTOR = 10  # an order of magnitude, as the estimate says of itself


def _step_seconds(sent: Body) -> float:
    """The fastest of some steps, as the engine does them: the machine is not ours alone."""
    engine = Engine(resolved({**sent, "training": {**sent["training"], "validate_every": 10**6}}),
                    torch.device("cpu"), chunk_steps=64)  # fmt: skip
    steps = engine.train()
    times = []
    for _ in range(12):
        started = time.perf_counter()
        next(steps)
        times.append(time.perf_counter() - started)
    return min(times)


def _estimated(sent: Body) -> float:
    size = Size.of(resolved(sent))
    return cpu_seconds(size.run, size.layers) / size.run.total_steps


@pytest.mark.parametrize("name", _SHAPES)
def test_estimates_are_in_the_proportion_of_measured_times(name: str, small: tuple[float, float]) -> None:
    estimated, measured = (
        of(_SHAPES[name]) / reference for of, reference in zip((_estimated, _step_seconds), small, strict=True)
    )
    assert measured / _FACTOR < estimated < measured * _FACTOR


@pytest.fixture(scope="module")
def small() -> tuple[float, float]:
    """A small network, estimated and measured."""
    torch.set_num_threads(1)
    sent = body(repeat(4, linear(64), activation("tanh")), linear(10))
    return _estimated(sent), _step_seconds(sent)


def test_a_step_costs_three_forward_passes_over_its_samples() -> None:
    one, four = (resolved(body(linear(10), training={"grad_accumulation": passes})) for passes in (1, 4))
    size = Size.of(one)
    assert flops_per_step(one, size.layers) == 3 * 32 * (2 * 640 + 10)
    assert flops_per_step(four, size.layers) == 4 * flops_per_step(one, size.layers)


def test_validation_costs_time() -> None:
    def seconds(**training: int) -> float:
        size = Size.of(resolved(body(training={"steps": 100, **training})))
        return cpu_seconds(size.run, size.layers)

    assert seconds(validate_every=1) > seconds(validate_every=50) > seconds(validate_every=1000)
    assert seconds(steps=200, validate_every=200) > 1.9 * seconds(validate_every=1000)
