"""How long a training takes on one CPU core: an order of magnitude, from what few networks took on one machine."""

from collections.abc import Sequence

from service.preflight.cost import LayerCost
from service.spec.run import RunSpec

PASSES = 3
"""Forward, and backward at twice its cost: the gradient of the weights and that of the inputs."""
BASIS = (
    "One CPU core, to an order of magnitude: 20 µs for every small operation, 10¹¹ floating-point operations a "
    "second, 2 ns for every number that a layer puts out and 5 ns for every parameter of a step; forward, backward, "
    "optimizer, statistics and validation. Calibrated against the engine with linear, convolutional, recurrent and "
    "attention networks."
)
_STEP = 3e-4
_OPERATION = 2e-5
_FLOP = 1e-11
_NUMBER = 2e-9
_PARAMETER = 5e-9


def flops_per_step(run: RunSpec, costs: Sequence[LayerCost]) -> int:
    """Floating-point operations of one optimizer step, forward and backward."""
    return PASSES * run.batch_size * sum(cost.flops for cost in costs)


def cpu_seconds(run: RunSpec, costs: Sequence[LayerCost]) -> float:
    """Seconds from the first step to the last."""
    operations = sum(cost.operations for cost in costs)
    flops, numbers = sum(cost.flops for cost in costs), sum(cost.outputs + cost.kept for cost in costs)
    sample = flops * _FLOP + numbers * _NUMBER / PASSES
    step = (
        _STEP
        + run.training.grad_accumulation * operations * _OPERATION
        + PASSES * run.batch_size * sample
        + sum(cost.parameters for cost in costs) * _PARAMETER
    )
    held = run.data.validation_samples
    validations = run.total_steps // run.training.validation_interval(run.data.training_samples) if held else 0
    return run.total_steps * step + validations * held * sample
