"""A case: an experiment, what a diagnosis of it may say, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from service.diagnosis.diagnose import HEALTHY
from service.experiment import Experiment
from service.spec.run import RunSpec

Split = Literal["tune", "score"]
TUNE: Split = "tune"
"""Rules may be worked on with these."""
SCORE: Split = "score"
"""Only counted; nobody looks at which of them go wrong."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A number that tells learning from not learning."""

    metric: Literal["loss", "accuracy", "validation_loss", "validation_accuracy", "validation_rise"]
    """Of training batches: the mean of the last tenth of the steps; of samples held back: the last validation.
    `validation_rise` is the last validation loss over the lowest."""
    value: float

    def reached(self, value: float) -> bool:
        """Whether a run that ended at `value` is over the bar; NaN never is."""
        return value >= self.value if self.metric.endswith("accuracy") else value <= self.value


@dataclass(frozen=True, slots=True)
class Case:
    """An experiment with its label."""

    name: str
    split: Split
    verdicts: tuple[str, ...]
    """Accepted verdicts; the first says it best."""
    causes: frozenset[str]
    """Accepted causes; none where the network is healthy."""
    why: str
    """What the label rests on: theory, literature, or the reference run in `results/diagnosis_reference.json`."""
    body: Mapping[str, Any]
    """As it would be POSTed."""
    bar: Bar | None = None
    """Every seed of the reference run reaches it where the network is healthy, and misses it where it is sick. None
    where the label is certain without a run."""
    rate: float | None = None
    """What the learning rate has to be multiplied by for the same run to reach the bar, under every seed: the proof
    that it is the cause."""

    @property
    def healthy(self) -> bool:
        """Whether any alarm is a false one."""
        return self.verdicts == (HEALTHY,)

    def run(self, seed: int = 0, rate: float = 1.0) -> RunSpec:
        """The resolved run, under another seed, with its learning rate times `rate`."""
        training = dict(self.body["training"])
        training |= {"seed": seed, "optimizer": {**training["optimizer"], "lr": training["optimizer"]["lr"] * rate}}
        return Experiment.model_validate({**self.body, "training": training}).resolved()


def healthy(name: str, split: Split, bar: Bar, why: str, body: Mapping[str, Any]) -> Case:
    """A control."""
    return Case(name, split, (HEALTHY,), frozenset(), why, body, bar)


def sick(
    name: str,
    split: Split,
    verdicts: str,
    causes: str,
    why: str,
    body: Mapping[str, Any],
    bar: Bar | None = None,
    *,
    rate: float | None = None,
) -> Case:
    """A case of one of `verdicts` with one of `causes`: names with blanks between them."""
    return Case(name, split, tuple(verdicts.split()), frozenset(causes.split()), why, body, bar, rate)


def accuracy(value: float) -> Bar:
    """Of the training batches at the end."""
    return Bar("accuracy", value)


def validation(value: float) -> Bar:
    """Accuracy on the samples held back."""
    return Bar("validation_accuracy", value)


def loss(value: float) -> Bar:
    """Of the training batches at the end."""
    return Bar("loss", value)


def validation_loss(value: float) -> Bar:
    """Loss on the samples held back."""
    return Bar("validation_loss", value)


def validation_rise(value: float) -> Bar:
    """Loss on the samples held back, over the lowest it has been."""
    return Bar("validation_rise", value)
