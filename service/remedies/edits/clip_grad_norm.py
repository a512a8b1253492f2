"""Clip the global gradient norm."""

from typing import ClassVar, Literal

from service.remedies.remedy import NothingToDo, Remedy, edit_training
from service.spec.frozen import Positive
from service.spec.run import RunSpec


class ClipGradNorm(Remedy):
    """Scales the whole gradient down whenever its global norm exceeds max_norm.

    The direction stays; one steep step can no longer throw the weights away.
    """

    kind: Literal["clip_grad_norm"] = "clip_grad_norm"
    against: ClassVar[str] = "exploding"
    reference: ClassVar[str] = "Pascanu, Mikolov & Bengio 2013"
    max_norm: Positive

    def apply(self, run: RunSpec) -> RunSpec:
        if run.training.clip_grad_norm == self.max_norm:
            raise NothingToDo("The gradient norm is clipped at this value already.")
        return edit_training(run, clip_grad_norm=self.max_norm)


REMEDY = ClipGradNorm
