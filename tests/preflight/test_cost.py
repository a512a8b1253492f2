"""What layers cost, against what torch counts while it runs them."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from service.preflight.cost import layer_costs
from service.spec.network import Network, place, unroll
from service.spec.shapes import Shape, Tokens
from tests.experiments import activation, body, linear, resolved
from tests.networks import DATA, networks
from tests.preflight.networks import NETWORKS, Body
from worker.build import build


@pytest.mark.parametrize("sent", NETWORKS.values(), ids=NETWORKS)
def test_multiplications_are_those_that_torch_counts(sent: Body) -> None:
    run = resolved(sent)
    assert _multiplications(run.network, run.sample_shape) == _counted_by_torch(run.network, run.sample_shape)


@pytest.mark.parametrize("data", DATA)
def test_of_any_network_they_are(data: str) -> None:
    @given(networks(data))
    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def holds(generated: tuple[Network, Shape]) -> None:
        network, shape = unroll(generated[0]), generated[1]
        assert _multiplications(network, shape) == _counted_by_torch(network, shape)

    holds()


def _multiplications(network: Network, shape: Shape) -> int:
    return sum(cost.flops - cost.outputs for cost in layer_costs(place(network, shape)))


def _counted_by_torch(network: Network, shape: Shape) -> int:
    built = build(place(network, shape), network.layers).to("meta")  # no fused kernels there: none is missed
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        built(_sample(shape, 2).to("meta"))  # batch norm wants more than one
    total: int = counter.get_total_flops()
    return total // 2


def test_a_row_says_what_the_table_of_layers_says() -> None:
    run = resolved(body(linear(16, name="first"), activation("relu"), linear(10)))
    first, function, last = layer_costs(run.placed())
    assert (first.depth, first.layer, first.kind, first.function) == (0, "00 first", "linear", None)
    assert (first.parameters, first.shape, first.outputs, first.kept) == (65 * 16, (16,), 16, 0)
    assert first.flops == 2 * 64 * 16 + 16
    assert (function.kind, function.function, function.parameters, function.flops) == ("activation", "relu", 0, 16)
    assert (last.depth, last.operations) == (2, 1)


@pytest.mark.parametrize(
    ("layer", "operations"),
    [({"kind": "rnn"}, 2), ({"kind": "gru", "num_layers": 3}, 12), ({"kind": "lstm", "bidirectional": True}, 10)],
    ids=["one layer", "three layers", "both directions"],
)
def test_a_recurrent_layer_waits_at_every_time_step(layer: Body, operations: int) -> None:
    one, many = (
        layer_costs(resolved(body({**layer, "hidden_size": 5}, linear(10), data={"shape": shape})).placed())[0]
        for shape in ([1, 64], [32, 2])
    )
    assert (one.operations, many.operations) == (operations, 32 * operations)


@pytest.mark.parametrize("sent", NETWORKS.values(), ids=NETWORKS)
def test_what_is_kept_is_no_less_than_autograd_saves(sent: Body) -> None:
    run = resolved(sent)
    placed = run.placed()
    network, sample = build(placed, run.network.layers), _sample(run.sample_shape, 32)
    own = {_storage(tensor).data_ptr() for tensor in (*network.parameters(), sample)}
    saved: dict[int, torch.UntypedStorage] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        saved[_storage(tensor).data_ptr()] = _storage(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        outputs = network(sample)  # kept here, and with it what was saved
    held = sum(storage.nbytes() for place, storage in saved.items() if place not in own) + outputs.nbytes
    counted = 32 * 4 * sum(cost.outputs + cost.kept for cost in layer_costs(placed))
    assert counted / 8 < held <= 1.2 * counted


def _storage(tensor: torch.Tensor) -> torch.UntypedStorage:
    return tensor.untyped_storage()


def _sample(shape: Shape, count: int) -> torch.Tensor:
    return torch.ones(count, *shape, dtype=torch.long if isinstance(shape, Tokens) else torch.float)
