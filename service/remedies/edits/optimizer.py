"""Change the optimizer."""

from typing import ClassVar, Literal

from pydantic import TypeAdapter

from service.remedies.remedy import NothingToDo, Remedy, edit_training, with_fields_of
from service.spec.optimizers import OPTIMIZERS, AnyOptimizer
from service.spec.optimizers import Optimizer as OptimizerSpec
from service.spec.run import RunSpec

_ANY_OPTIMIZER: TypeAdapter[OptimizerSpec] = TypeAdapter(AnyOptimizer)


class OptimizerChange(Remedy):
    """Trains with another optimizer: RMSProp and Adam divide by the size of the gradient.

    So one step is about as long whether the gradient explodes or all but vanishes. Parameters not given are PyTorch's
    defaults, the learning rate too.
    """

    kind: Literal["optimizer"] = "optimizer"
    against: ClassVar[str] = "exploding"
    reference: ClassVar[str] = "Tieleman & Hinton 2012; Kingma & Ba 2015"

    def apply(self, run: RunSpec) -> RunSpec:
        optimizer = _ANY_OPTIMIZER.validate_python(self.model_dump(exclude={"kind"}))
        if optimizer == run.training.optimizer:
            raise NothingToDo(f"The optimizer is {optimizer.name} with these parameters already.")
        return edit_training(run, optimizer=optimizer)


REMEDY = with_fields_of(OptimizerChange, put_in=OPTIMIZERS, discriminator="name")
