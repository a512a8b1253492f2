"""An experiment as it is sent: a run, its name and labels, and the remedies to apply."""

from typing import Annotated

from pydantic import Field, StringConstraints

from service.errors import TooLarge
from service.remedies import AnyRemedy, apply_all
from service.spec.network import unroll
from service.spec.run import RunSpec, check
from service.trace.metrics import METRICS

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
        """The run after remedies: repeats multiplied out, every layer named.

        Raises `InvalidExperiment` where the experiment cannot be trained as sent, `RemedyHasNothingToDo` where a
        remedy has nothing to act on; both point into the experiment.
        """
        unrolled = unroll(self.network)
        check(self)
        run = RunSpec(network=unrolled, data=self.data, training=self.training, trace=self.trace)
        return apply_all(run, self.remedies)


def admit(experiment: Experiment, *, max_parameters: int, max_steps: int, max_trace_bytes: int) -> RunSpec:
    """The resolved run, if it is within the limits, by exact integer arithmetic. Raises `TooLarge` if not."""
    run = experiment.resolved()
    placed = run.placed()
    parameters = sum(layer.parameters for layer in placed)
    if parameters > max_parameters:
        raise _too_large("/network/layers", f"{parameters} parameters; at most {max_parameters} are admitted.")
    steps = run.total_steps
    if steps > max_steps:
        raise _too_large("/training", f"{steps} steps; at most {max_steps} are admitted.")
    recorded = -(-steps // run.trace.every) * len(placed) * len(METRICS) * 4
    if recorded > max_trace_bytes:
        detail = f"The traces would take {recorded} bytes; at most {max_trace_bytes} are admitted. Raise trace.every."
        raise _too_large("/trace/every", detail)
    return run


def _too_large(pointer: str, detail: str) -> TooLarge:
    return TooLarge(detail, errors=[{"pointer": pointer, "detail": detail}])
