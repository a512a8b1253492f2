"""The event stream of a job."""

from anyio.to_thread import run_sync
from fastapi import APIRouter, Response

from service.api.composition import TheDatabase, TheStreams
from service.api.openapi import problems
from service.api.parameters import JobId, LastEventId
from service.api.stream import EventStream
from service.jobs.state import ENDED
from service.store import events, jobs
from service.store.database import Database

router = APIRouter(tags=["jobs"])


@router.get(
    "/v1/jobs/{job_id}/events",
    summary="Follow a job",
    status_code=200,
    response_class=EventStream,
    responses={
        204: {"description": "The job has ended and every event was seen."},
        **problems(401, 404, 422, 429, 503),
    },
)
async def follow(
    job_id: JobId, database: TheDatabase, streams: TheStreams, last_event_id: LastEventId = None
) -> Response:
    """Server-sent events `state`, `progress`, `finding` and `done`; resumes after `Last-Event-ID`.

    A finding is told when it is new, and once more with `"withdrawn": true` where what came later speaks against it.

    The stream ends with `done`, and after some minutes in any case: connect again with the last id.
    """
    after = last_event_id or 0
    if await run_sync(_is_over, database, job_id, after):
        return Response(status_code=204)
    streams.check()
    return EventStream(database, streams, job_id, after)


def _is_over(database: Database, job_id: str, after: int) -> bool:
    with database.reading() as session:
        return jobs.get(session, job_id).state in ENDED and not events.after(session, job_id, after, limit=1)
