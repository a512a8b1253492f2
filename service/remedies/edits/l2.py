"""Penalize the squared size of weights."""

from typing import ClassVar, Literal

from service.remedies.remedy import NothingToDo, Remedy, edit_training, has_weights
from service.spec.frozen import Positive
from service.spec.run import RunSpec


class L2Penalty(Remedy):
    """Adds strength · Σw² to the objective, over weights, not biases or norms.

    Pulls large weights back in proportion, so that the factor per layer stays bounded.
    """

    kind: Literal["l2"] = "l2"
    against: ClassVar[str] = "exploding"
    reference: ClassVar[str] = "Krogh & Hertz 1992; Pascanu et al. 2013"
    strength: Positive

    def apply(self, run: RunSpec) -> RunSpec:
        if not has_weights(run):
            raise NothingToDo("There is no layer with weights to penalize.")
        if run.training.l2 == self.strength:
            raise NothingToDo("Weights are penalized with this strength already.")
        return edit_training(run, l2=self.strength)


REMEDY = L2Penalty
