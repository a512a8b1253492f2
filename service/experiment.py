"""An experiment as it is sent: a run, its name and labels, and the remedies to apply."""

from typing import Annotated

from pydantic import Field, StringConstraints

from service.remedies import AnyRemedy, apply_all
from service.spec.network import unroll
from service.spec.run import RunSpec, check

# Control characters break terminals and logs, and PostgreSQL refuses NUL.
_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
LabelKey = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=r"^[A-Za-z0-9][A-Za-z0-9._\-/]*$")]
LabelValue = Annotated[str, StringConstraints(max_length=200, pattern=_PRINTABLE)]


class Experiment(RunSpec):
    """What a lab POSTs. Only `network`, `data` and `training` are required."""

    name: Annotated[str, StringConstraints(max_length=200, pattern=_PRINTABLE)] = ""
    labels: Annotated[dict[LabelKey, LabelValue], Field(max_length=64)] = Field(default_factory=dict)
    remedies: Annotated[tuple[AnyRemedy, ...], Field(max_length=32)] = ()

    def resolved(self) -> RunSpec:
        """The run after remedies.

        Raises `InvalidExperiment` where the experiment cannot be trained as sent, `RemedyHasNothingToDo` where a
        remedy has nothing to act on; both point into the experiment.
        """
        return apply_all(self.unrolled(), self.remedies)

    def unrolled(self) -> RunSpec:
        """The run before remedies: repeats multiplied out, every layer named.

        Raises `InvalidExperiment` where it cannot be trained as sent.
        """
        unrolled = unroll(self.network)
        check(self)
        return RunSpec(
            network=unrolled, data=self.data, training=self.training, trace=self.trace, on_finding=self.on_finding
        )
