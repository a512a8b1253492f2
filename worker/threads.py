"""How many cores a training gets."""

import os

import torch

from service.spec.run import RunSpec

# Multiplications of one layer for one batch from which a second core pays, measured on two cores.
_WORTH_SHARING = 4_000_000


def worth(run: RunSpec) -> int:
    """How many threads a run can use; always the same on one machine, so runs repeat exactly.

    A small layer is faster on one core, and by far where anything else runs on the machine: threads that share one
    wait for each other at every layer, a hundred times longer than they compute.
    """
    largest = max(layer.parameters for layer in run.placed()) * run.batch_size
    return 1 if largest < _WORTH_SHARING else len(os.sched_getaffinity(0))


def pin(run: RunSpec) -> None:
    """Gives this process as many threads as the run can use."""
    torch.set_num_threads(worth(run))
