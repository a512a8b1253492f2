"""What a diagnosis says."""

from typing import Literal

from pydantic import FiniteFloat, field_serializer

from service.remedies import AnyRemedy
from service.spec.frozen import Frozen

Severity = Literal["info", "warning", "critical"]
Cause = Literal[
    "initialization", "activation", "depth", "width", "born_dead", "died_in_training", "learning_rate",
    "output_layer", "loss", "data", "capacity", "unknown",
]  # fmt: skip
Direction = Literal["forward", "backward"]


class Finding(Frozen):
    """One thing that is wrong with a run, with the evidence for it and what to try against it."""

    rule: str
    severity: Severity
    """`info` alone never makes a run ill."""
    cause: Cause
    layers: tuple[str, ...]
    """Names of the layers concerned, in depth order."""
    first_step: int
    last_step: int
    value: FiniteFloat | None
    """The measured number that is beyond `threshold`."""
    threshold: FiniteFloat | None
    explanation: str
    """Two plain sentences: what was measured where, and the reason."""
    direction: Direction | None = None
    """The pass in which a value first stopped being finite; only of `non_finite`."""
    follows_from: str | None = None
    """The rule of the finding that brought this one about; none for a root cause."""
    remedies: tuple[AnyRemedy, ...] = ()
    """Ready to be sent with the experiment, each alone or all together; the one expected to do most comes first."""

    @field_serializer("remedies")
    def _as_they_would_be_sent(self, remedies: tuple[AnyRemedy, ...]) -> list[dict[str, object]]:
        return [remedy.model_dump(mode="json", exclude_none=True) for remedy in remedies]


class Diagnosis(Frozen):
    """The findings of a run, root cause first."""

    status: Literal["pending", "healthy", "issues_found"] = "pending"
    verdict: str | None = None
    """`healthy`, or the rule of the primary finding."""
    findings: tuple[Finding, ...] = ()
