"""An experiment, looked at before it is trained."""

from typing import Annotated

from service.api.views.findings import FindingRows
from service.api.views.shape import Json, Shape, described
from service.experiment import Experiment
from service.remedies.diff import Change
from service.spec.run import RunSpec
from service.theory.document import TheoryDocument


class PlannedLayer(Shape):
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


class PlannedSamples(Shape):
    """How many samples there are."""

    training: int
    validation: int
    per_step: int
    """Of one optimizer step, all its accumulated passes together."""


class PlannedMemory(Shape):
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


class Estimate(Shape):
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


class LimitRow(Shape):
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


class AdmissionView(Shape):
    """Whether `POST /v1/jobs` takes the experiment."""

    admitted: bool
    limits: list[LimitRow]


class PreflightView(Shape):
    """An experiment, looked at before it is trained."""

    experiment: Annotated[Json, described(Experiment)]
    """As sent, defaults filled in."""
    resolved: Annotated[Json, described(RunSpec)]
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
