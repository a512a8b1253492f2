"""Jobs: submit, list, read, cancel, delete."""

from urllib.parse import urlencode

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response

from service.api.access import Caller
from service.api.admission import TheAdmission
from service.api.body import read
from service.api.composition import TheDatabase, TheDispatcher, TheStreams
from service.api.conditional import etag, is_known
from service.api.documents import job_document, job_path, page_document
from service.api.openapi import experiment_body, problems
from service.api.parameters import After, IdempotencyKey, JobId, Labels, NamePart, PageLimit, States
from service.api.preferences import PreferHeader, applied, wait_seconds
from service.api.views.jobs import JobPage, JobView
from service.api.waiting import until_ended
from service.jobs.cancel import cancel as cancel_job
from service.jobs.delete import delete as delete_job
from service.jobs.state import ENDED
from service.store import jobs
from service.store.database import Database
from service.store.tables import Job

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])
_JSON = "application/json"


@router.post(
    "",
    status_code=202,
    summary="Submit an experiment",
    response_model=JobView,
    responses=problems(400, 401, 408, 409, 413, 415, 422, 429, 503),
    openapi_extra=experiment_body(),
)
async def submit(
    request: Request,
    caller: Caller,
    admission: TheAdmission,
    database: TheDatabase,
    dispatcher: TheDispatcher,
    streams: TheStreams,
    idempotency_key: IdempotencyKey = None,
    prefer: PreferHeader = None,
) -> Response:
    """Queues a training job and answers at once, or with `Prefer: wait=N` when it has ended."""
    body = await read(request, admission.max_body_bytes)
    submitted = await run_sync(admission.submit, database, body, caller, idempotency_key)
    dispatcher.wake()
    job = submitted.job
    seconds = wait_seconds(prefer)
    if seconds:
        await until_ended(request, database, streams, job.id, seconds)
        job = await run_sync(_get, database, job.id)
    headers = {"Location": job_path(job.id), **applied(seconds)}
    if submitted.replayed:
        headers["Idempotency-Replayed"] = "true"
    if job.state not in ENDED:
        headers["Retry-After"] = "1"
    return _answer(job, headers, status_code=202)


@router.get("", summary="List jobs, newest first", response_model=JobPage, responses=problems(401, 422, 429, 503))
def list_jobs(
    request: Request,
    database: TheDatabase,
    states: States = [],  # noqa: B006 (FastAPI copies it)
    labels: Labels = [],  # noqa: B006
    name_part: NamePart = "",
    limit: PageLimit = 50,
    after: After = None,
) -> Response:
    """A page of jobs; `next_cursor`, and the `Link` header, lead to the next one."""
    wanted = [(key, value) for key, _, value in (label.partition(":") for label in labels)]
    with database.reading() as session:
        page = jobs.list_page(session, states=states, labels=wanted, name_part=name_part, limit=limit, after=after)
    headers = {}
    if page.next_cursor is not None:
        kept = [(name, value) for name, value in request.query_params.multi_items() if name != "after" and value]
        query = urlencode([*kept, ("after", page.next_cursor)])
        headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
    return Response(page_document(page.jobs, page.next_cursor), headers=headers, media_type=_JSON)


@router.get(
    "/{job_id}",
    summary="Read a job",
    response_model=JobView,
    responses={304: {"description": "The job is as `If-None-Match` says."}, **problems(401, 404, 429, 503)},
)
async def read_job(
    request: Request, job_id: JobId, database: TheDatabase, streams: TheStreams, prefer: PreferHeader = None
) -> Response:
    """The job as it is now, or with `Prefer: wait=N` when it has ended. Poll it with `If-None-Match`."""
    seconds = wait_seconds(prefer)
    if seconds:
        await until_ended(request, database, streams, job_id, seconds)
    headers = applied(seconds)
    if "if-none-match" in request.headers:
        tag = etag(await run_sync(_version, database, job_id))
        if is_known(request, tag):
            return Response(status_code=304, headers={**headers, "ETag": tag, "Cache-Control": "no-cache"})
    return _answer(await run_sync(_get, database, job_id), headers)


@router.post(
    "/{job_id}/cancel",
    status_code=202,
    summary="Cancel a job",
    response_model=JobView,
    responses=problems(401, 404, 409, 429, 503),
)
def cancel(job_id: JobId, database: TheDatabase) -> Response:
    """A queued job ends at once, a running one at its next flush; what was recorded is kept."""
    with database.transaction() as session:
        job = cancel_job(session, job_id)
    return _answer(job, {}, status_code=202)


@router.delete(
    "/{job_id}",
    status_code=204,
    response_class=Response,
    summary="Delete a job with all its data",
    responses=problems(401, 404, 409, 429, 503),
)
def delete(job_id: JobId, database: TheDatabase) -> Response:
    """Only a job that has ended can be deleted."""
    with database.transaction() as session:
        delete_job(session, job_id)
    return Response(status_code=204)


def _get(database: Database, job_id: str) -> Job:
    with database.reading() as session:
        return jobs.get(session, job_id)


def _version(database: Database, job_id: str) -> int:
    with database.reading() as session:
        return jobs.version(session, job_id)


def _answer(job: Job, headers: dict[str, str], status_code: int = 200) -> Response:
    told = {**headers, "ETag": etag(job.version), "Cache-Control": "no-cache"}
    return Response(job_document(job), status_code, told, _JSON)
