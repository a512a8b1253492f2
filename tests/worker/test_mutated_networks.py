"""Networks with something wrong in them: refused with a pointer into what was sent, or trained; never anything else."""

from collections.abc import Iterator
from copy import deepcopy
from math import prod
from typing import Any

import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from service.api.pointers import Sentences
from service.errors import InvalidExperiment
from service.experiment import Experiment
from service.spec.run import RunSpec
from tests.experiments import body, linear
from tests.networks import DATA, bodies
from tests.worker.samples import samples
from worker.build import build

LAYOUTS = ([64], [8, 8], [4, 16], [1, 8, 8], [4, 4, 4])
JUNK: list[Any] = [
    None, True, 0, -1, 1, 2, 7, 10**6, 10**30, 0.5, float("nan"), "", "same", "9", "relu", "last", [], [3], [3, 2],
    [0, 1], [1, 2, 3], {}, {"kind": "linear"}, {"scheme": "lsuv"}, {"kind": "embedding", "embedding_dim": 2},
    {"kind": "conv2d", "out_channels": 2, "kernel_size": [2, 3]}, {"kind": "self_attention", "num_heads": 3},
    {"kind": "rnn", "hidden_size": 2, "output": "sequence"}, {"kind": "group_norm", "num_groups": 4},
    {"kind": "global_avg_pool"},
]  # fmt: skip
KEYS = [
    "kind",
    "layers",
    "times",
    "kernel_size",
    "stride",
    "padding",
    "groups",
    "num_heads",
    "output",
    "name",
    "init",
    "x",
]
SENTENCES = Sentences(Experiment.model_json_schema())
LARGEST = 100_000


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """An experiment on digits laid out somehow, some of its layers made for other data, one to three things changed."""
    layout = draw(st.sampled_from(LAYOUTS))
    shape = tuple(layout) if draw(st.booleans()) else draw(DATA[draw(st.sampled_from(sorted(DATA)))])
    layers = deepcopy(draw(bodies(shape)))
    for _ in range(draw(st.integers(0, 3))):
        _mutate(draw, layers)
    data = {"shape": layout} if draw(st.booleans()) else {}
    training = {"batch_size": draw(st.sampled_from([1, 2]))}
    return body(*layers, {"kind": "flatten"}, linear(10), data=data, training=training)


def _mutate(draw: st.DrawFn, layers: list[Any]) -> None:
    holder = draw(st.sampled_from(list(_holders(layers))))
    junk = deepcopy(draw(st.sampled_from(JUNK)))
    if isinstance(holder, list):
        place = draw(st.integers(0, len(holder)))
        holder[place : place + draw(st.integers(0, 1))] = [junk]
    elif holder and draw(st.booleans()):
        key = draw(st.sampled_from(sorted(holder)))
        if draw(st.booleans()):
            holder[key] = junk
        else:
            del holder[key]
    else:
        holder[draw(st.sampled_from(KEYS))] = junk


def _holders(value: Any) -> Iterator[Any]:
    if isinstance(value, list | dict):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _holders(inner)


@given(mutated())
@settings(max_examples=600, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_it_is_refused_with_its_place_or_trains(sent: dict[str, Any]) -> None:
    try:
        run = Experiment.model_validate(sent).resolved()
    except ValidationError as refused:
        for error in SENTENCES.of(refused.errors()):
            assert _leads(sent, error["pointer"], missing=True), error
    except InvalidExperiment as refused:
        for error in refused.errors:
            assert _leads(sent, error["pointer"], missing=False), error
    else:
        _train_a_step(run)


def _leads(sent: Any, pointer: str, *, missing: bool) -> bool:
    """Whether a pointer leads to a value; or, of a key that is missing, to the object that lacks it."""
    *keys, last = pointer.split("/")[1:]
    for key in keys:
        sent = sent[int(key)] if isinstance(sent, list) else sent[key]
    if isinstance(sent, list):
        return int(last) < len(sent)
    return isinstance(sent, dict) and (missing or last in sent)


def _train_a_step(run: RunSpec) -> None:
    placed = run.placed()
    if sum(layer.parameters + prod(layer.in_shape) + prod(layer.out_shape) for layer in placed) > LARGEST:
        return  # for admission to refuse
    built = build(placed, run.network.layers)
    tape: list[torch.Tensor] = []
    outputs = built(samples(run.sample_shape, run.micro_batch_size), tape)
    assert [tuple(output.shape[1:]) for output in tape] == [layer.out_shape for layer in placed]
    assert torch.autograd.grad(outputs.sum(), list(built.parameters()))
