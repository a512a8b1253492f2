"""Clip every entry of the gradient."""

from typing import ClassVar, Literal

from service.remedies.remedy import NothingToDo, Remedy, edit_training
from service.spec.frozen import Positive
from service.spec.run import RunSpec


class ClipGradValue(Remedy):
    """Clamps every entry of the gradient to ±clip_value.

    Bounds the step per weight; unlike clipping the norm it turns the direction.
    """

    kind: Literal["clip_grad_value"] = "clip_grad_value"
    against: ClassVar[str] = "exploding"
    reference: ClassVar[str] = "Mikolov 2012"
    clip_value: Positive

    def apply(self, run: RunSpec) -> RunSpec:
        if run.training.clip_grad_value == self.clip_value:
            raise NothingToDo("Gradient entries are clipped at this value already.")
        return edit_training(run, clip_grad_value=self.clip_value)


REMEDY = ClipGradValue
