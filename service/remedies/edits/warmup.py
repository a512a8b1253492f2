"""Warm the learning rate up."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from service.remedies.remedy import NothingToDo, Remedy, edit_training
from service.spec.run import RunSpec


class Warmup(Remedy):
    """Lets the learning rate rise linearly to its full size over the first steps; the schedule goes on from there.

    At the initial weights the loss bends the most, and adaptive optimizers know the gradient's size from too few
    batches: full steps from there throw the weights away. Post-norm transformers hardly train without it.
    """

    kind: Literal["warmup"] = "warmup"
    against: ClassVar[str] = "exploding"
    reference: ClassVar[str] = "Goyal et al. 2017; Liu et al. 2020; Xiong et al. 2020"
    steps: Annotated[int, Field(strict=True, ge=2, le=100_000_000)]
    """Optimizer steps up to the full learning rate; over a single one nothing would rise."""

    def apply(self, run: RunSpec) -> RunSpec:
        schedule = run.training.lr_schedule
        if schedule.warmup_steps >= self.steps:
            raise NothingToDo(f"The learning rate warms up over {schedule.warmup_steps} steps already.")
        if run.total_steps < self.steps:
            raise NothingToDo(
                f"The run ends after {run.total_steps} steps and would never reach its learning rate; "
                "warm up over fewer, or train longer."
            )
        return edit_training(run, lr_schedule=schedule.model_copy(update={"warmup_steps": self.steps}))


REMEDY = Warmup
