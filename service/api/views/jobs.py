"""Jobs."""

from typing import Annotated

from pydantic import Field

from service.api.views.problem import Problem
from service.api.views.shape import Json, Moment, Shape, described
from service.diagnosis import Diagnosis
from service.experiment import Experiment
from service.jobs.state import State
from service.spec.run import RunSpec


class Progress(Shape):
    """How far a job is."""

    step: int
    """Optimizer steps done."""
    total_steps: int
    steps_per_second: float | None
    eta_seconds: float | None


class Result(Shape):
    """What a finished job came to; null where a number is not finite."""

    loss: float | None
    accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    trace_overhead: float | None
    """Time of a traced step over that of an untraced one, minus 1."""
    target_reached: bool | None = None
    """Whether the metric of `training.target` was as good at any recorded step or validation; null without a target."""
    target_step: int | None = None
    """The first such step."""
    stopped_at: int | None = None
    """Optimizer steps done when a finding ended the run early, by `on_finding`; null where it went to its end."""
    stopped_by: str | None = None
    """The rule of that finding."""


class JobView(Shape):
    """A training job."""

    id: str
    name: str
    labels: dict[str, str]
    state: State
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    cancel_requested_at: Moment | None
    attempt: int
    """How often a worker has taken the job."""
    worker: str | None
    device: str | None
    progress: Progress
    experiment: Annotated[Json, described(Experiment)]
    """As sent, defaults filled in."""
    resolved: Annotated[Json, described(RunSpec)]
    """After remedies: repeats multiplied out, layers named."""
    diagnosis: Annotated[Json, described(Diagnosis)]
    result: Result | None
    error: Problem | None
    """Why a `failed` job failed. A network that diverges is a job that succeeded, with findings."""
    links: dict[str, str]


class JobPage(Shape):
    """Some jobs, newest first."""

    data: list[JobView]
    has_more: bool
    next_cursor: str | None


class JobOption(Shape):
    """A job, as an option of a variable in Grafana."""

    text: str = Field(alias="__text")
    """Its name, its state, and when it was created (UTC)."""
    value: str = Field(alias="__value")
    """Its id."""
    state: State
