"""What a job has recorded, read some chunks at a time: however long it is, little of it is in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import func, select

from service.spec.network import PlacedLayer
from service.spec.run import RunSpec
from service.store import jobs
from service.store.database import Database
from service.store.tables import Job, TraceChunk
from service.trace.chunk import EncodedChunk, Stored
from service.trace.metrics import CURVES, METRICS

_AT_ONCE_BYTES = 1 << 20
_AT_ONCE = 256
_ORDER = {"layer": list(METRICS), "curve": list(CURVES)}
_OF_CLASSES = ("accuracy", "validation_accuracy")
_SCOPES: tuple[Stored, ...] = ("layer", "curve", "histogram")


class Changed(Exception):
    """The job was deleted or started again while it was read: what is left is not what was begun."""


@dataclass(frozen=True, slots=True)
class Series:
    """One metric, as its chunks lie in the database."""

    scope: Stored
    metric: str
    every: int
    points: int
    """Recorded steps."""
    first_step: int
    last_step: int
    chunks: tuple[tuple[int, int], ...]
    """(first step, bytes) of each."""


class Recording:
    """A job and what it has recorded so far.

    Which chunks there are is looked up once; they are never changed, so that reading them in many short transactions
    gives one state of the job, and a client that takes its time holds no transaction open meanwhile.
    """

    def __init__(self, database: Database, job_id: str) -> None:
        """Raises `NotFound`."""
        self._database = database
        with database.reading() as session:
            self.job: Job = jobs.get(session, job_id)
            columns = (TraceChunk.scope, TraceChunk.metric, TraceChunk.first_step, TraceChunk.last_step)
            query = select(*columns, TraceChunk.every, TraceChunk.points, func.length(TraceChunk.data))
            of_job = query.where(TraceChunk.job_id == job_id, TraceChunk.attempt == self.job.attempt)
            rows = session.execute(of_job.order_by(TraceChunk.scope, TraceChunk.metric, TraceChunk.first_step)).all()
        self.run = RunSpec.model_validate_json(self.job.resolved)
        self.placed: tuple[PlacedLayer, ...] = self.run.placed()
        found: list[Series] = []
        for (scope, metric), group in groupby(rows, key=lambda row: (row[0], row[1])):
            of = list(group)
            if scope == "curve" and metric in _OF_CLASSES and self.run.data.source.target().kind == "values":
                continue  # recorded as NaN throughout: nothing that went wrong
            keys = tuple((row[2], row[6]) for row in of)
            points = sum(row[5] for row in of)
            found.append(Series(scope, metric, of[0][4], points, of[0][2], of[-1][3], keys))
        self._series = sorted(found, key=_place)

    def of(self, scope: Stored) -> list[Series]:
        """What there is of metrics of layers, of curves, or of histograms, in the order of the catalogue."""
        return [series for series in self._series if series.scope == scope]

    def series(self) -> list[Series]:
        """All series: those of layers, then curves."""
        return [series for scope in _SCOPES[:2] for series in self.of(scope)]

    def rows(self, series: Series) -> Iterator[EncodedChunk]:
        """Its chunks in step order, without summaries. Raises `Changed`."""
        batch: list[int] = []
        size = 0
        for first_step, length in series.chunks:
            if batch and (size + length > _AT_ONCE_BYTES or len(batch) == _AT_ONCE):
                yield from self._read(series, batch)
                batch, size = [], 0
            batch.append(first_step)
            size += length
        yield from self._read(series, batch)

    def _read(self, series: Series, first_steps: list[int]) -> list[EncodedChunk]:
        columns = (TraceChunk.scope, TraceChunk.metric, TraceChunk.first_step, TraceChunk.last_step)
        query = select(*columns, TraceChunk.every, TraceChunk.points, TraceChunk.data).where(
            TraceChunk.job_id == self.job.id,
            TraceChunk.attempt == self.job.attempt,
            TraceChunk.scope == series.scope,
            TraceChunk.metric == series.metric,
            TraceChunk.first_step.in_(first_steps),
        )
        with self._database.reading() as session:
            read = [EncodedChunk(*row, summary=b"") for row in session.execute(query.order_by(TraceChunk.first_step))]
        if len(read) != len(first_steps):
            raise Changed
        return read


def _place(series: Series) -> tuple[int, str]:
    """A metric that another release recorded, and this one does not know, comes last."""
    known = _ORDER.get(series.scope, [])
    return known.index(series.metric) if series.metric in known else len(known), series.metric
