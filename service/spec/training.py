"""How a network is trained, and what is recorded."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from service.spec.frozen import Frozen, Positive, Seed
from service.spec.losses import LossName
from service.spec.optimizers import SGD, AnyOptimizer

Steps = Annotated[int, Field(strict=True, ge=1, le=100_000_000)]
DEFAULT_STEPS = 1000


class Training(Frozen):
    """Loss, optimizer, batches, length, seed, and the constraints on gradients and weights."""

    loss: LossName
    optimizer: AnyOptimizer = SGD()
    batch_size: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] = 32
    """Samples per step; an incomplete last batch of an epoch is left out."""
    steps: Steps | None = None
    """Optimizer steps; default 1000 unless `epochs` is given."""
    epochs: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] | None = None
    """Passes over the training samples, instead of `steps`."""
    seed: Seed = 0
    """Decides weights, split, order of batches and dropout."""
    precision: Literal["float32"] = "float32"
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
        """Full batches in one pass over `samples` training samples; at least one."""
        return max(1, samples // self.batch_size)

    def total_steps(self, samples: int) -> int:
        """Optimizer steps of the whole run over `samples` training samples."""
        return self.steps if self.steps is not None else (self.epochs or 0) * self.steps_per_epoch(samples)

    def validation_interval(self, samples: int) -> int:
        """Steps between two validations."""
        return self.validate_every or max(1, self.total_steps(samples) // 20)


class Tracing(Frozen):
    """What of the training is recorded."""

    every: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] = 1
    """Optimizer steps between two recorded ones; step 0 is always recorded."""
    overhead_budget: Annotated[float, Field(strict=True, gt=0, le=1000)] = 0.1
    """Share of the training time that tracing may take. Where it takes more, the dear metrics (of outputs and of the
    backward signal) are recorded at every second to sixteenth of the recorded steps; a few dozen points are kept."""
