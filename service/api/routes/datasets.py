"""Datasets: upload, list, read, delete."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from service.api.access import Caller
from service.api.composition import TheDatabase
from service.api.dataset_documents import dataset_document, dataset_path, datasets_document
from service.api.openapi import problems, upload_body
from service.api.parameters import AfterDataset, DatasetId, PageLimit
from service.api.uploads import TheUploads
from service.api.views.datasets import DatasetPage, DatasetView
from service.datasets.delete import delete as delete_dataset
from service.store import datasets

router = APIRouter(prefix="/v1/datasets", tags=["datasets"])
_JSON = "application/json"


@router.post(
    "",
    status_code=201,
    summary="Upload a dataset",
    response_model=DatasetView,
    responses=problems(400, 401, 408, 409, 413, 415, 422, 429, 503, 507),
    openapi_extra=upload_body(),
)
async def upload(request: Request, caller: Caller, database: TheDatabase, uploads: TheUploads) -> Response:
    """Reads the file, checks every number in it, and answers with what it found; `source` is what an experiment's
    `data.source` takes."""
    dataset = await uploads.take(request, database, caller)
    return Response(dataset_document(dataset), 201, {"Location": dataset_path(dataset.id)}, _JSON)


@router.get(
    "", summary="List datasets, newest first", response_model=DatasetPage, responses=problems(401, 422, 429, 503)
)
def list_datasets(
    request: Request, database: TheDatabase, limit: PageLimit = 50, after: AfterDataset = None
) -> Response:
    """A page of datasets, without columns and classes; `next_cursor`, and the `Link` header, lead to the next one."""
    with database.reading() as session:
        page = datasets.list_page(session, limit=limit, after=after)
    headers = {}
    if page.next_cursor is not None:
        query = urlencode({"limit": limit, "after": page.next_cursor})
        headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
    return Response(datasets_document(page.datasets, page.next_cursor), headers=headers, media_type=_JSON)


@router.get(
    "/{dataset_id}", summary="Read a dataset", response_model=DatasetView, responses=problems(401, 404, 429, 503)
)
def read_dataset(dataset_id: DatasetId, database: TheDatabase) -> Response:
    """Shapes, columns, classes and statistics."""
    with database.reading() as session:
        dataset = datasets.get(session, dataset_id)
    return Response(dataset_document(dataset), media_type=_JSON)


@router.delete(
    "/{dataset_id}",
    status_code=204,
    response_class=Response,
    summary="Delete a dataset",
    responses=problems(401, 404, 409, 429, 503),
)
def delete(dataset_id: DatasetId, database: TheDatabase, uploads: TheUploads) -> Response:
    """Refused while queued or running jobs read it. Jobs that have ended keep their traces and results."""
    delete_dataset(database, uploads.root, dataset_id)
    return Response(status_code=204)
