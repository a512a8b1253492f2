"""Recorded traces: chunks as `service.trace.chunk` encodes them, in the order of their steps."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import ColumnElement, func, literal, select, tuple_
from sqlalchemy.orm import Session

from service.store.conflicts import insert
from service.store.tables import TraceChunk
from service.trace import histogram
from service.trace.chunk import EncodedChunk, Scope, Stored
from service.trace.downsample import bucket_steps, needs_numbers

_NOTHING = literal(b"")


def append(session: Session, job_id: str, attempt: int, chunks: Sequence[EncodedChunk]) -> None:
    """Adds chunks of an attempt; one that is already there is left as it is.

    The caller has asserted in the same transaction that the attempt owns the job (`service.jobs.fence`).
    """
    rows = [{"job_id": job_id, "attempt": attempt, **asdict(chunk)} for chunk in chunks]
    if rows:
        session.execute(insert(session, TraceChunk).on_conflict_do_nothing(), rows)


def read(
    session: Session, job_id: str, scope: Scope, metric: str, first: int | None = None, last: int | None = None
) -> list[EncodedChunk]:
    """The chunks of one metric that hold steps in [first, last]; None: no bound."""
    return _read(session, _of(job_id, scope, metric, first, last))


def read_for_view(
    session: Session, job_id: str, scope: Scope, metric: str, *, first: int, last: int, max_points: int
) -> list[EncodedChunk]:
    """As `read`, but `data` or `summary` is empty where `service.trace.downsample.view` of the same range will not
    look at it: a view of very many steps reads summaries alone."""
    of = _of(job_id, scope, metric, first, last)
    bare = _read(session, of, data=_NOTHING, summary=_NOTHING)
    if not bare:
        return []
    begin, end = max(first, bare[0].first_step), min(last, bare[-1].last_step)
    width = bucket_steps(begin, end, bare[0].every, max_points)
    exact = [chunk.first_step for chunk in bare if needs_numbers(chunk, width, begin, end)]
    if len(exact) == len(bare):
        return _read(session, of, summary=_NOTHING)
    cut = TraceChunk.first_step.in_(exact)
    chunks = _read(session, [*of, ~cut], data=_NOTHING) + _read(session, [*of, cut], summary=_NOTHING)
    return sorted(chunks, key=lambda chunk: chunk.first_step)


def read_whole(session: Session, job_id: str) -> list[EncodedChunk]:
    """All chunks of a job's series, without their summaries."""
    series = (TraceChunk.job_id == job_id, TraceChunk.scope != histogram.SCOPE)
    return _read(session, series, summary=_NOTHING)


def histogram_index(session: Session, job_id: str) -> list[EncodedChunk]:
    """The rows of a job's histograms in step order, without their data: which steps and layers there are."""
    return _read(session, _of(job_id, histogram.SCOPE, histogram.METRIC, None, None), data=_NOTHING)


def read_histograms(session: Session, job_id: str, step: int) -> EncodedChunk:
    """The row with the histograms of a step. Raises `ValueError` for a step that the index does not name."""
    [row] = _read(session, _of(job_id, histogram.SCOPE, histogram.METRIC, step, step), summary=_NOTHING)
    return row


def ends(session: Session, job_id: str, scope: Scope) -> list[EncodedChunk]:
    """The first and the last chunk of each metric, by metric and step; only one where they are the same."""
    of_job = (TraceChunk.job_id == job_id, TraceChunk.scope == scope)
    bounds = select(TraceChunk.metric, func.min(TraceChunk.first_step), func.max(TraceChunk.first_step))
    rows = session.execute(bounds.where(*of_job).group_by(TraceChunk.metric))
    wanted = {(metric, step) for metric, *steps in rows for step in steps}
    return _read(session, [*of_job, tuple_(TraceChunk.metric, TraceChunk.first_step).in_(wanted)], summary=_NOTHING)


def metrics(session: Session, job_id: str, scope: Scope) -> Sequence[str]:
    """The metrics of which something was recorded."""
    query = select(TraceChunk.metric).where(TraceChunk.job_id == job_id, TraceChunk.scope == scope)
    return session.scalars(query.distinct().order_by(TraceChunk.metric)).all()


def _of(job_id: str, scope: Stored, metric: str, first: int | None, last: int | None) -> list[ColumnElement[bool]]:
    conditions = [TraceChunk.job_id == job_id, TraceChunk.scope == scope, TraceChunk.metric == metric]
    if first is not None:
        conditions.append(TraceChunk.last_step >= first)
    if last is not None:
        conditions.append(TraceChunk.first_step <= last)
    return conditions


def _read(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    *,
    data: ColumnElement[bytes] | None = None,
    summary: ColumnElement[bytes] | None = None,
) -> list[EncodedChunk]:
    query = select(
        TraceChunk.scope,
        TraceChunk.metric,
        TraceChunk.first_step,
        TraceChunk.last_step,
        TraceChunk.every,
        TraceChunk.points,
        TraceChunk.data if data is None else data,
        TraceChunk.summary if summary is None else summary,
    )
    ordered = query.where(*conditions).order_by(TraceChunk.metric, TraceChunk.first_step)
    return [EncodedChunk(*row) for row in session.execute(ordered)]
