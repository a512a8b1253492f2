"""The shapes of the answers, for the OpenAPI document; tests hold every answer to them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from service.diagnosis import Diagnosis
from service.diagnosis.finding import Finding
from service.experiment import Experiment
from service.jobs.state import State
from service.remedies.diff import Change
from service.spec.run import RunSpec
from service.theory.document import TheoryDocument

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
    target_reached: bool | None = None
    """Whether the metric of `training.target` was as good at any recorded step or validation; null without a target."""
    target_step: int | None = None
    """The first such step."""
    stopped_at: int | None = None
    """Optimizer steps done when a finding ended the run early, by `on_finding`; null where it went to its end."""
    stopped_by: str | None = None
    """The rule of that finding."""


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
    """Names of the columns: layers, or time steps of recurrent layers."""
    of_layer: list[str] | None = None
    """The layer of each column; only where columns are time steps."""
    times: list[int] | None = None
    """The time step of each column, the first is 0; only where columns are time steps."""
    values: list[list[float | None]]
    """`values[layer][point]`; null where there is no finite number."""
    nonfinite: list[list[int]]
    """How many NaN and infinite values each point stands for."""


class HistogramBin(_Shape):
    """An octave of |gradient|."""

    lo: float
    """log10|g| above which it begins."""
    hi: float
    """log10|g| up to which it goes, included; `lo` of the next row."""
    count: int


class HistogramView(_Shape):
    """The entries of a layer's gradient at a step, by magnitude."""

    layer: str | None
    """As asked for; null: all layers added up."""
    step: int
    """The step shown: of those that have a histogram, the nearest to the one asked for."""
    attempt: int
    entries: int
    """Numbers in all: zeros, those that are not finite, and the counts of the bins."""
    zeros: int
    """Entries that are exactly zero."""
    nonfinite: int
    """NaN and infinite entries."""
    underflow_float16: int
    """Entries that are not zero and that float16 would round to zero, without a loss scale: |g| ≤ 2⁻²⁵."""
    bins: list[HistogramBin]
    """Ascending and without gaps, from the lowest occupied bin to the highest; empty where there is none."""
    steps: list[int]
    """Every step that has a histogram."""
    layers: list[str]
    """Every layer that has one, in depth order."""


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
    """Depth of the layer; the time step where columns are time steps."""
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
    time_steps: int | None
    """Length of the sequence that a recurrent layer reads: it has a `time_delta_norm` for each step."""


class PlannedLayer(_Shape):
    """A layer, and what it costs for one sample."""

    depth: int
    layer: str
    kind: str
    function: str | None
    parameters: int
    shape: list[int]
    """Output shape of one sample."""
    outputs: int
    """Numbers it puts out."""
    kept: int
    """Numbers it keeps besides, from the forward to the backward pass: gates, attention weights, indices."""
    flops: int
    """Floating-point operations of the forward pass; a multiplication and an addition count as two."""
    operations: int
    """How many small operations it is made of, one after another: a recurrent layer has some at every time step."""


class PlannedSamples(_Shape):
    """How many samples there are."""

    training: int
    validation: int
    per_step: int
    """Of one optimizer step, all its accumulated passes together."""


class PlannedMemory(_Shape):
    """Bytes that the training holds in memory."""

    parameters: int
    """In half precision also the copies of the weights that a forward pass reads."""
    gradients: int
    optimizer_state: int
    activations: int
    """What all layers put out and keep for one forward and backward pass, of `batch_size` samples."""
    graph: int
    """What is noted of every small operation for the backward pass, however few numbers it works on."""
    tracing: int
    """What the statistics of a recorded step are taken of: weights before the step, backward signals."""
    data: int
    """All samples and their targets."""
    total: int


class Estimate(_Shape):
    """What the training takes."""

    memory: PlannedMemory
    trace_bytes: int
    """Most bytes that the traces take in the database."""
    flops_per_step: int
    """Floating-point operations of one optimizer step, forward and backward."""
    cpu_seconds: float
    """An order of magnitude."""
    basis: str
    """How the seconds were estimated."""


class LimitRow(_Shape):
    """A limit of this service, and how much of it the experiment takes."""

    what: str
    pointer: str
    """JSON pointer into the body: where to lower it."""
    size: int
    limit: int
    unit: str
    admitted: bool
    detail: str | None
    """What to do, where it is exceeded: the sentence with which `POST /v1/jobs` refuses the experiment."""


class AdmissionView(_Shape):
    """Whether `POST /v1/jobs` takes the experiment."""

    admitted: bool
    limits: list[LimitRow]


class PreflightView(_Shape):
    """An experiment, looked at before it is trained."""

    experiment: Annotated[Json, _described(Experiment)]
    """As sent, defaults filled in."""
    resolved: Annotated[Json, _described(RunSpec)]
    """After remedies: repeats multiplied out, layers named."""
    layers: list[PlannedLayer]
    """In depth order."""
    parameters: int
    """Trainable numbers of all layers."""
    steps: int
    """Optimizer steps."""
    samples: PlannedSamples
    diff: list[Change]
    """What each remedy changes."""
    estimate: Estimate
    admission: AdmissionView
    theory: TheoryDocument | None
    """The predicted backward signal at the start weights; null where the experiment is not admitted."""
    findings: FindingRows
    """What is wrong for certain before anything is trained; empty where only a training can tell."""
    warnings: list[str]


class ColumnStatistics(_Shape):
    """Of numbers as they came."""

    min: float
    max: float
    mean: float
    std: float


class NamedColumn(ColumnStatistics):
    """A feature."""

    name: str


class ShortTarget(_Shape):
    """What is to be predicted."""

    name: str
    """The column or array it came from."""
    kind: Literal["classes", "values"]
    size: int
    """How many classes, or how many real values for each sample."""


class DatasetTarget(ShortTarget):
    """What is to be predicted."""

    classes: list[str] | None
    """The label of each class, sorted: class 0 is the first."""
    counts: list[int] | None
    """Samples of each class."""
    statistics: ColumnStatistics | None
    """Of real values."""


class DatasetRow(_Shape):
    """Uploaded data, in a list."""

    id: str
    name: str
    created_at: Moment
    format: Literal["csv", "npz"]
    bytes: int
    """Of the file as it was sent."""
    sha256: str
    """Of the file as it was sent."""
    samples: int
    shape: list[int]
    """Of one sample: [features], [time, features] or [channels, height, width]."""
    dtype: str
    """As it was sent; kept as float32."""
    vocabulary: int | None
    """One more than the largest of [time] whole numbers: what `tokens` of the source would read."""
    target: ShortTarget
    statistics: ColumnStatistics
    """Of all samples together."""
    source: dict[str, str]
    """What an experiment's `data.source` takes."""
    links: dict[str, str]


class DatasetView(DatasetRow):
    """Uploaded data."""

    target: DatasetTarget
    columns: list[NamedColumn]
    """The first 256 features, where samples are vectors."""


class DatasetPage(_Shape):
    """Some datasets, newest first."""

    data: list[DatasetRow]
    has_more: bool
    next_cursor: str | None


class JobOption(_Shape):
    """A job, as an option of a variable in Grafana."""

    text: str = Field(alias="__text")
    """Its name, its state, and when it was created (UTC)."""
    value: str = Field(alias="__value")
    """Its id."""
    state: State


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
    schedules: list[CatalogEntry]
    remedies: list[CatalogEntry]
    rules: list[CatalogEntry]
    profiles: list[CatalogEntry]
    """Other tools, whose rules `GET /v1/jobs/{id}/findings?profile=` restates."""
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
