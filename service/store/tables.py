"""The tables. Every time is in seconds since the epoch by the database's clock; documents are JSON text."""

from sqlalchemy import (
    BigInteger,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.trace.chunk import Stored

# Ids are compared byte by byte, so that both databases sort them alike whatever their locale.
_ID = String(40).with_variant(String(40, collation="C"), "postgresql")
_LONG = BigInteger().with_variant(Integer, "sqlite")


class Table(DeclarativeBase):
    """All tables, with constraint names that both databases and the migrations share."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Job(Table):
    """A training job: its experiment, where it stands, and who owns it. The row is the queue."""

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("principal", "idempotency_key"),
        Index(None, "state", "id"),
    )

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    """Grows with every change a client can see; the ETag."""
    principal: Mapped[str] = mapped_column(String(64))
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    fingerprint: Mapped[str] = mapped_column(String(64))

    name: Mapped[str] = mapped_column(Text)
    labels: Mapped[str] = mapped_column(Text)
    experiment: Mapped[str] = mapped_column(Text)
    resolved: Mapped[str] = mapped_column(Text)

    state: Mapped[str] = mapped_column(String(16))
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    """The fencing token: every claim increments it, every write of a worker re-asserts it."""
    worker: Mapped[str | None] = mapped_column(String(255))
    device: Mapped[str | None] = mapped_column(String(64))
    lease_expires_at: Mapped[float | None] = mapped_column(Double)
    progress_at: Mapped[float | None] = mapped_column(Double)
    not_before: Mapped[float] = mapped_column(Double)
    dispatched_at: Mapped[float | None] = mapped_column(Double)
    losses_without_progress: Mapped[int] = mapped_column(Integer, default=0)
    furthest_step: Mapped[int] = mapped_column(_LONG, default=0)
    """The highest step of a lost attempt; an attempt that is lost beyond it has made progress."""

    step: Mapped[int] = mapped_column(_LONG, default=0)
    earlier_steps: Mapped[int] = mapped_column(_LONG, default=0)
    """Steps that earlier attempts had told of; they were trained, though nothing is left of them."""
    total_steps: Mapped[int] = mapped_column(_LONG)
    steps_per_second: Mapped[float | None] = mapped_column(Double)
    diagnosis: Mapped[str | None] = mapped_column(Text)
    result: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)

    created_at: Mapped[float] = mapped_column(Double)
    started_at: Mapped[float | None] = mapped_column(Double)
    waited_seconds: Mapped[float | None] = mapped_column(Double)
    """From its creation to the start of its first attempt."""
    finished_at: Mapped[float | None] = mapped_column(Double)
    cancel_requested_at: Mapped[float | None] = mapped_column(Double)


def _job_id(*, primary_key: bool) -> Mapped[str]:
    return mapped_column(_ID, ForeignKey(Job.id, ondelete="CASCADE"), primary_key=primary_key)


class JobLabel(Table):
    """One label of a job, for the filter of the list of jobs."""

    __tablename__ = "job_labels"
    __table_args__ = (Index(None, "key", "value", "job_id"),)

    job_id: Mapped[str] = _job_id(primary_key=True)
    key: Mapped[str] = mapped_column(String(63), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


class JobEvent(Table):
    """One thing that happened to a job, written in the transaction in which it happened."""

    __tablename__ = "job_events"
    # AUTOINCREMENT: without it SQLite gives the numbers of deleted events away again.
    __table_args__ = (Index(None, "job_id", "seq"), {"sqlite_autoincrement": True})

    seq: Mapped[int] = mapped_column(_LONG, Identity(always=True), primary_key=True)
    job_id: Mapped[str] = _job_id(primary_key=False)
    kind: Mapped[str] = mapped_column(String(16))
    data: Mapped[str] = mapped_column(Text)
    created_at: Mapped[float] = mapped_column(Double)


class Count(Table):
    """Something that was counted. It names no job and outlives all of them, so that no counter ever falls.

    Nobody changes a row, so nobody waits for another; `service.jobs.tally` puts many rows together into few.
    """

    __tablename__ = "counts"

    seq: Mapped[int] = mapped_column(_LONG, Identity(always=True), primary_key=True)
    what: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(64))
    number: Mapped[int] = mapped_column(_LONG)
    total: Mapped[int] = mapped_column(_LONG)
    """Of what was measured each time: steps, or microseconds. A sum of floats would depend on their order."""


class TraceChunk(Table):
    """Consecutive recorded steps of one metric, encoded by `service.trace.chunk`; or histograms, by
    `service.trace.histogram`."""

    __tablename__ = "trace_chunks"

    job_id: Mapped[str] = _job_id(primary_key=True)
    scope: Mapped[Stored] = mapped_column(String(16), primary_key=True)
    metric: Mapped[str] = mapped_column(String(64), primary_key=True)
    first_step: Mapped[int] = mapped_column(_LONG, primary_key=True)
    last_step: Mapped[int] = mapped_column(_LONG)
    attempt: Mapped[int] = mapped_column(Integer)
    every: Mapped[int] = mapped_column(_LONG)
    points: Mapped[int] = mapped_column(Integer)
    # Before the data: SQLite reads a row from its beginning, and a long view reads summaries alone.
    summary: Mapped[bytes] = mapped_column(LargeBinary)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Worker(Table):
    """A worker process and its last sign of life."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int] = mapped_column(Integer)
    device: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[float] = mapped_column(Double)
    heartbeat_at: Mapped[float] = mapped_column(Double)


class Dataset(Table):
    """Uploaded data; its arrays lie in the folder of datasets, under its id."""

    __tablename__ = "datasets"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    principal: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(Text)
    format: Mapped[str] = mapped_column(String(16))
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the file as it was sent."""
    uploaded_bytes: Mapped[int] = mapped_column(_LONG)
    stored_bytes: Mapped[int] = mapped_column(_LONG)
    description: Mapped[str] = mapped_column(Text)
    """What training needs of it."""
    contents: Mapped[str] = mapped_column(Text)
    """What people want to know besides: columns, classes, statistics."""
    created_at: Mapped[float] = mapped_column(Double)


class JobDataset(Table):
    """A job reads a dataset: while it may, the dataset cannot be deleted."""

    __tablename__ = "job_datasets"
    __table_args__ = (Index(None, "dataset_id"),)

    job_id: Mapped[str] = _job_id(primary_key=True)
    dataset_id: Mapped[str] = mapped_column(_ID, ForeignKey(Dataset.id, ondelete="CASCADE"), primary_key=True)
