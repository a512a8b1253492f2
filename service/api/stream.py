"""Server-sent events: what happened to a job, from its table of events, resumable after any of them."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager

import anyio
from anyio.to_thread import run_sync
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from service.api.failures import TooManyStreams
from service.errors import NotFound, StoreUnavailable
from service.store import events, jobs
from service.store.database import Database
from service.store.tables import JobEvent

_POLL_SECONDS = 0.25
_PING_SECONDS = 15
_OUTAGE_SECONDS = 2
# Connections that live for ever outlive deploys and pile up behind proxies; clients resume where they were.
_LIFETIME_SECONDS = 600
_RETRY_MILLISECONDS = 1000


class Streams:
    """Counts the streams of this process. While `draining`, those that are open end and clients resume elsewhere."""

    def __init__(self, most: int) -> None:
        self._free = most
        self.draining = False

    def check(self) -> None:
        """Raises `TooManyStreams` unless there is a place for one more."""
        if self._free <= 0:
            raise TooManyStreams

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place, given back at the end."""
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


class EventStream(StreamingResponse):
    """The events of a job after number `after`, until it ends."""

    media_type = "text/event-stream"

    def __init__(self, database: Database, streams: Streams, job_id: str, after: int) -> None:
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        super().__init__(_follow(database, streams, job_id, after), headers=headers)
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A client that does not read blocks `send`, and no check in the loop would ever come.
        with self._streams.place(), anyio.move_on_after(_LIFETIME_SECONDS):
            await super().__call__(scope, receive, send)


async def _follow(database: Database, streams: Streams, job_id: str, after: int) -> AsyncIterator[bytes]:
    yield format_sse_event(retry=_RETRY_MILLISECONDS)
    seen: int | None = None
    spoke = anyio.current_time()
    while not streams.draining:
        try:
            seen, happened = await run_sync(_news, database, job_id, after, seen)
        except NotFound:
            return
        except StoreUnavailable:
            await anyio.sleep(_OUTAGE_SECONDS)
            continue
        for event in _without_stale_progress(happened):
            yield format_sse_event(event=event.kind, data_str=event.data, id=str(event.seq))
            if event.kind == "done":
                return
        if happened:
            after, seen, spoke = happened[-1].seq, None, anyio.current_time()
            continue
        if anyio.current_time() - spoke > _PING_SECONDS:
            yield KEEPALIVE_COMMENT
            spoke = anyio.current_time()
        await anyio.sleep(_POLL_SECONDS)


def _news(database: Database, job_id: str, after: int, seen: int | None) -> tuple[int, Sequence[JobEvent]]:
    with database.reading() as session:
        version = jobs.version(session, job_id)
        return version, () if version == seen else events.after(session, job_id, after)


def _without_stale_progress(happened: Sequence[JobEvent]) -> Iterator[JobEvent]:
    """Whoever joins late does not care how far the job was an hour ago."""
    for event, later in zip(happened, [*happened[1:], None], strict=False):
        if event.kind != "progress" or later is None or later.kind != "progress":
            yield event
