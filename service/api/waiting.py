"""Waiting for a job to end, without holding a thread or a transaction meanwhile."""

import anyio
from anyio.to_thread import run_sync
from starlette.requests import Request

from service.api.stream import Streams
from service.jobs.state import ENDED
from service.store import jobs
from service.store.database import Database

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.01, 0.5
_TARDINESS = 0.03
"""Share of the time waited so far that the answer may come late."""


async def until_ended(request: Request, database: Database, streams: Streams, job_id: str, seconds: float) -> None:
    """Returns when the job has ended, `seconds` are over, the client has gone or the service stops.

    Raises `NotFound` when there is no such job, or none any more.
    """
    start = anyio.current_time()
    seen: int | None = None
    while not streams.draining:
        seen, ended = await run_sync(_look, database, job_id, seen)
        waited = anyio.current_time() - start
        left = seconds - waited
        if ended or left <= 0 or await request.is_disconnected():
            return
        pause = min(max(_TARDINESS * waited, _SHORTEST_PAUSE), _LONGEST_PAUSE)
        await anyio.sleep(min(pause, left))


def _look(database: Database, job_id: str, seen: int | None) -> tuple[int, bool]:
    with database.reading() as session:
        version = jobs.version(session, job_id)
        return version, version != seen and jobs.get(session, job_id).state in ENDED
