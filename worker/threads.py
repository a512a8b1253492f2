"""How many cores a training gets."""

import os
from math import prod

import torch

from service.spec.layers import Convolution, Embedding, Linear, Recurrent, SelfAttention
from service.spec.network import PlacedLayer
from service.spec.run import RunSpec

# Multiplications of one layer for one batch from which a second core pays, measured on two cores.
_WORTH_SHARING = 4_000_000


def worth(run: RunSpec) -> int:
    """How many threads a run can use; always the same on one machine, so runs repeat exactly.

    A small layer is faster on one core, and by far where anything else runs on the machine: threads that share one
    wait for each other at every layer, a hundred times longer than they compute.
    """
    largest = max(map(_largest_product, run.placed())) * run.micro_batch_size
    return 1 if largest < _WORTH_SHARING else len(os.sched_getaffinity(0))


def _largest_product(placed: PlacedLayer) -> int:
    """Multiplications of the largest matrix product of one sample."""
    match placed.layer:
        case Embedding():  # looks up, multiplies nothing
            return 0
        case Recurrent():  # a product for each time step, waiting for the one before
            return placed.parameters // placed.layer.num_layers
        case Convolution():
            return placed.parameters * prod(placed.out_shape[1:])
        case Linear() | SelfAttention():
            return placed.parameters * prod(placed.in_shape[:-1])
        case _:
            return placed.parameters


def pin(run: RunSpec) -> None:
    """Gives this process as many threads as the run can use."""
    torch.set_num_threads(worth(run))
