"""How a network is trained, and what is recorded."""

from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from service.spec.frozen import Frozen, Positive, Real, Seed
from service.spec.losses import LossName
from service.spec.optimizers import SGD, AnyOptimizer
from service.spec.schedules import AnySchedule, ConstantRate, Steps

DEFAULT_STEPS = 1000
_HISTOGRAMS = 50
"""Of a run that does not say how many it wants."""

Precision = Literal["float32", "float64", "bfloat16", "float16"]


class Goal(Frozen):
    """What a training is meant to reach."""

    metric: Literal["accuracy", "validation_accuracy", "loss", "validation_loss"]
    value: Real

    def reached(self, values: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which of the recorded values are as good: an accuracy as high, a loss as low. NaN never is."""
        # Compared as float32: an accuracy of nine in ten reaches 0.9.
        return values >= self.value if self.metric.endswith("accuracy") else values <= self.value


class Training(Frozen):
    """Loss, optimizer, batches, length, seed, and the constraints on gradients and weights."""

    loss: LossName
    optimizer: AnyOptimizer = SGD()
    batch_size: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] = 32
    """Samples of one forward and backward pass; an incomplete last batch of an epoch is left out."""
    grad_accumulation: Annotated[int, Field(strict=True, ge=1, le=10_000)] = 1
    """Passes whose gradients are averaged into one optimizer step, of grad_accumulation · batch_size samples."""
    steps: Steps | None = None
    """Optimizer steps; default 1000 unless `epochs` is given."""
    epochs: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] | None = None
    """Passes over the training samples, instead of `steps`."""
    seed: Seed = 0
    """Decides weights, split, order of batches and dropout."""
    precision: Precision = "float32"
    """bfloat16 and float16 by autocast over float32 weights; float16 with loss scaling. Traces are always unscaled."""
    lr_schedule: AnySchedule = ConstantRate()
    """How the learning rate moves, and over how many steps it warms up."""
    validate_every: Steps | None = None
    """Steps between validations; default: about twenty in a run. The last step is always validated."""
    clip_grad_norm: Positive | None = None
    """Scales the gradient down to this global norm. Pascanu et al. 2013."""
    clip_grad_value: Positive | None = None
    """Clamps every entry of the gradient."""
    l1: Positive | None = None
    """Adds `l1 · Σ|w|` over weights to the objective."""
    l2: Positive | None = None
    """Adds `l2 · Σw²` over weights to the objective."""
    max_norm: Positive | None = None
    """Longest vector of a unit's incoming weights; a longer one is shortened to it after every step."""
    target: Goal | None = None
    """What the training is meant to reach; the result tells whether it did and since which step."""

    @model_validator(mode="before")
    @classmethod
    def _default_length(cls, values: object) -> object:
        if isinstance(values, dict) and values.get("steps") is None and values.get("epochs") is None:
            return {**values, "steps": DEFAULT_STEPS}
        return values

    @model_validator(mode="after")
    def _steps_or_epochs(self) -> Self:
        if self.steps is not None and self.epochs is not None:
            raise ValueError("give steps or epochs, not both.")
        return self

    def steps_per_epoch(self, samples: int) -> int:
        """Optimizer steps in one pass over `samples` training samples; at least one."""
        return max(1, samples // (self.batch_size * self.grad_accumulation))

    def total_steps(self, samples: int) -> int:
        """Optimizer steps of the whole run over `samples` training samples."""
        return self.steps if self.steps is not None else (self.epochs or 0) * self.steps_per_epoch(samples)

    def learning_rate(self, step: int, total_steps: int) -> float:
        """Learning rate of an optimizer step of 0 … total_steps − 1."""
        return self.optimizer.lr * self.lr_schedule.factor(step, total_steps)

    def validation_interval(self, samples: int) -> int:
        """Steps between two validations."""
        return self.validate_every or max(1, self.total_steps(samples) // 20)


class Tracing(Frozen):
    """What of the training is recorded."""

    every: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] = 1
    """Optimizer steps between two recorded ones; step 0 is always recorded."""
    overhead_budget: Annotated[float, Field(strict=True, gt=0, le=1000)] = 0.1
    """Share of the training time that tracing may take. Where it takes more, the dear metrics (of outputs and of the
    backward signal) are recorded at every second to sixteenth of the recorded steps; a few dozen points are kept.
    Histograms take at most a tenth of it, and become rarer where they would take more; a few are kept."""
    histogram_every: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] | None = None
    """Recorded steps between two histograms of every layer's gradient; default: about fifty in a run. The first step
    and the last one, if it is recorded, always have one. 0: none."""

    def histogram_interval(self, total_steps: int) -> int:
        """Optimizer steps between two histograms of a run; 0: it has none."""
        default = -(-total_steps // (self.every * _HISTOGRAMS))
        return self.every * (default if self.histogram_every is None else self.histogram_every)
