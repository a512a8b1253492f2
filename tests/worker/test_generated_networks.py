"""Hundreds of random networks: what the service says of each without torch is what torch builds and trains."""

from collections import Counter

import pytest
import torch
from hypothesis import HealthCheck, given, settings

from service.spec.layers import LAYER_KINDS
from service.spec.network import Network, place, unroll
from service.spec.shapes import Shape
from tests.networks import DATA, networks
from tests.worker.samples import samples
from worker.build import build
from worker.initialize import initialize

OF_EACH = 100
seen: Counter[str] = Counter()
drawn: set[str] = set()
"""The data that networks were drawn for in this process."""


@pytest.mark.parametrize("data", DATA)
def test_shapes_and_parameters_are_those_of_torch(data: str) -> None:
    @given(networks(data))
    @settings(max_examples=OF_EACH, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def holds(generated: tuple[Network, Shape]) -> None:
        _trains_as_said(*generated)

    holds()
    drawn.add(data)


def _trains_as_said(network: Network, shape: Shape) -> None:
    unrolled = unroll(network)
    placed = place(unrolled, shape)
    seen.update(layer.layer.kind for layer in placed)
    built = build(placed, unrolled.layers)
    batch = samples(shape)
    initialize(built, unrolled, placed, 0, batch)
    tape: list[torch.Tensor] = []
    outputs = built(batch, tape)
    assert [tuple(output.shape[1:]) for output in tape] == [layer.out_shape for layer in placed]
    for module, layer in zip(built.layers, placed, strict=True):
        assert {name: tuple(one.shape) for name, one in module.named_parameters()} == layer.parameter_shapes
    watched = [output for output, layer in zip(tape, placed, strict=True) if layer.has_weight]
    grads = torch.autograd.grad(outputs.square().sum(), [*built.parameters(), *watched])
    assert len(grads) == sum(len(layer.parameter_shapes) + layer.has_weight for layer in placed)


def test_every_kind_was_among_them() -> None:
    if drawn == set(DATA):
        assert {kind.model_fields["kind"].default for kind in LAYER_KINDS} - {"repeat"} == set(seen)
