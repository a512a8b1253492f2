"""Penalize the absolute size of weights."""

from typing import ClassVar, Literal

from service.remedies.remedy import NothingToDo, Remedy, edit_training, has_weights
from service.spec.frozen import Positive
from service.spec.run import RunSpec


class L1Penalty(Remedy):
    """Adds strength · Σ|w| to the objective, over weights, not biases or norms.

    Pulls every weight to zero at the same pace, and keeps the factor per layer from growing.
    """

    kind: Literal["l1"] = "l1"
    against: ClassVar[str] = "exploding"
    reference: ClassVar[str] = "Tibshirani 1996; Pascanu et al. 2013"
    strength: Positive

    def apply(self, run: RunSpec) -> RunSpec:
        if not has_weights(run):
            raise NothingToDo("There is no layer with weights to penalize.")
        if run.training.l1 == self.strength:
            raise NothingToDo("Weights are penalized with this strength already.")
        return edit_training(run, l1=self.strength)


REMEDY = L1Penalty
