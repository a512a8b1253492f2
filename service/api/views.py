"""The shapes of the answers, for the OpenAPI document; tests hold every answer to them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from service.diagnosis import Diagnosis
from service.diagnosis.finding import Finding
from service.experiment import Experiment
from service.jobs.state import State
from service.spec.run import RunSpec

ELSEWHERE = "x-schema"


def _described(model: type[BaseModel]) -> WithJsonSchema:
    """An object that FastAPI need not look into: the OpenAPI document refers to `model`'s own schema."""
    return WithJsonSchema({ELSEWHERE: model.__name__})


class FindingRow(Finding):
    """A finding, and the same as scalars for annotations."""

    time: str | None
    timeEnd: str | None  # noqa: N815 (Grafana's name)
    title: str
    text: str
    tags: str
    step: int
    layer: str


# FastAPI cannot describe unions of unions, which remedies are.
DESCRIBED = (Experiment, RunSpec, Diagnosis, FindingRow)
Json = dict[str, Any]
FindingRows = list[Annotated[Json, _described(FindingRow)]]
Moment = Annotated[str, Field(description="ISO 8601, UTC.", examples=["2026-11-23T12:00:00.000Z"])]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Fault(_Shape):
    """One fault of a request."""

    pointer: str
    """JSON pointer into the body; `/query/…`, `/header/…` for parameters."""
    detail: str


class Problem(_Shape):
    """RFC 9457. `type` leads to a page that explains it."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str | None = None
    instance: str | None = None
    request_id: str | None = None
    errors: list[Fault] | None = None


class Progress(_Shape):
    """How far a job is."""

    step: int
    """Optimizer steps done."""
    total_steps: int
    steps_per_second: float | None
    eta_seconds: float | None


class Result(_Shape):
    """What a finished job came to; null where a number is not finite."""

    loss: float | None
    accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    trace_overhead: float | None
    """Time of a traced step over that of an untraced one, minus 1."""


class JobView(_Shape):
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
    experiment: Annotated[Json, _described(Experiment)]
    """As sent, defaults filled in."""
    resolved: Annotated[Json, _described(RunSpec)]
    """After remedies: repeats multiplied out, layers named."""
    diagnosis: Annotated[Json, _described(Diagnosis)]
    result: Result | None
    error: Problem | None
    """Why a `failed` job failed. A network that diverges is a job that succeeded, with findings."""
    links: dict[str, str]


class JobPage(_Shape):
    """Some jobs, newest first."""

    data: list[JobView]
    has_more: bool
    next_cursor: str | None


class Columns(_Shape):
    """A series for each layer on one step grid."""

    metric: str
    unit: str
    agg: str
    attempt: int
    bucket_steps: int
    """Optimizer steps that one point stands for."""
    source_points: int
    steps: list[int]
    layers: list[str]
    values: list[list[float | None]]
    """`values[layer][point]`; null where there is no finite number."""
    nonfinite: list[list[int]]
    """How many NaN and infinite values each point stands for."""


class WideRow(BaseModel):
    """A step; further keys are layers."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, float | None]

    step: int
    time: Moment


class LongRow(_Shape):
    """A step of a layer."""

    step: int
    time: Moment
    layer: str
    depth: int
    value: float | None


class LayerView(BaseModel):
    """A layer; further keys are `<metric>_first` and `<metric>_last`."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, float | None]

    depth: int
    layer: str
    kind: str
    function: str | None
    parameters: int
    shape: list[int]


class CatalogEntry(_Shape):
    """One unit of the service; metrics and rules say more of themselves."""

    model_config = ConfigDict(extra="allow")

    name: str
    doc: str
    reference: str
    schema_: Annotated[dict[str, Any], Field(alias="schema")]


class Catalog(_Shape):
    """Everything an experiment can name, and everything the service says of it."""

    layers: list[CatalogEntry]
    activations: list[CatalogEntry]
    init_schemes: list[CatalogEntry]
    sources: list[CatalogEntry]
    losses: list[CatalogEntry]
    optimizers: list[CatalogEntry]
    remedies: list[CatalogEntry]
    rules: list[CatalogEntry]
    metrics: list[CatalogEntry]
    curves: list[CatalogEntry]


class Alive(_Shape):
    """The process answers."""

    status: Literal["ok"]


class Readiness(_Shape):
    """Whether jobs are taken, and trained at once."""

    status: Literal["ready", "degraded"]
    """`degraded`: jobs are taken, and wait until what is missing is back."""
    checks: dict[str, str]
