"""Change the learning rate."""

from typing import ClassVar, Literal, Self

from pydantic import TypeAdapter, ValidationError, model_validator

from service.remedies.remedy import NothingToDo, Remedy, edit_training
from service.spec.frozen import Positive
from service.spec.optimizers import AnyOptimizer
from service.spec.optimizers import Optimizer as OptimizerSpec
from service.spec.run import RunSpec

_ANY_OPTIMIZER: TypeAdapter[OptimizerSpec] = TypeAdapter(AnyOptimizer)


class LearningRate(Remedy):
    """Sets the learning rate to lr, or multiplies it by factor; the optimizer keeps its other settings.

    Where the gradient is moderate at the initial weights and explodes later, the steps are too long: shorter ones stay
    where the slope that was measured holds. A schedule goes on from the new learning rate.
    """

    kind: Literal["learning_rate"] = "learning_rate"
    against: ClassVar[str] = "exploding"
    reference: ClassVar[str] = "LeCun et al. 1998; Bengio 2012"
    lr: Positive | None = None
    """The new learning rate. Give lr or factor."""
    factor: Positive | None = None
    """What the learning rate is multiplied by. Give lr or factor."""

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.lr is None) == (self.factor is None):
            raise ValueError("give lr or factor, exactly one of them.")
        return self

    def apply(self, run: RunSpec) -> RunSpec:
        before = run.training.optimizer
        lr = before.lr * self.factor if self.factor is not None else self.lr
        if lr == before.lr:
            hint = ", and no factor moves it; give lr" if before.lr == 0 else " already"
            raise NothingToDo(f"The learning rate is {before.lr:g}{hint}.")
        try:
            optimizer = _ANY_OPTIMIZER.validate_python({**before.model_dump(), "lr": lr})
        except ValidationError as error:
            raise NothingToDo(f"{before.lr:g} times {self.factor:g} is too large for a learning rate.") from error
        return edit_training(run, optimizer=optimizer)


REMEDY = LearningRate
