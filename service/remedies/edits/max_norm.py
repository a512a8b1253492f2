"""Keep every unit's incoming weights short."""

from typing import ClassVar, Literal

from service.remedies.remedy import NothingToDo, Remedy, edit_training, has_weights
from service.spec.frozen import Positive
from service.spec.run import RunSpec


class MaxNorm(Remedy):
    """Shortens a unit's incoming weights to max_norm after every step that leaves them longer.

    Unlike a penalty it leaves short weights alone, and no unit can multiply the signal by more than max_norm, however
    long the steps are.
    """

    kind: Literal["max_norm"] = "max_norm"
    against: ClassVar[str] = "exploding"
    reference: ClassVar[str] = "Srebro & Shraibman 2005; Hinton et al. 2012"
    max_norm: Positive

    def apply(self, run: RunSpec) -> RunSpec:
        if not has_weights(run):
            raise NothingToDo("There is no layer with weights to shorten.")
        if run.training.max_norm == self.max_norm:
            raise NothingToDo("Incoming weights are kept at this length already.")
        return edit_training(run, max_norm=self.max_norm)


REMEDY = MaxNorm
