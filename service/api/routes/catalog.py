"""The catalogue."""

from fastapi import APIRouter, Request, Response

from service.api.catalog import catalogue
from service.api.frozen_document import FrozenDocument
from service.api.openapi import problems
from service.api.views.catalog import Catalog

router = APIRouter(tags=["catalog"])
_CATALOGUE = FrozenDocument(catalogue)


@router.get(
    "/v1/catalog",
    summary="Everything an experiment can name",
    response_model=Catalog,
    responses={304: {"description": "Nothing new since `If-None-Match`."}, **problems(401, 429)},
)
def read_catalog(request: Request) -> Response:
    """Layer kinds, activations, init schemes, sources, losses, optimizers, remedies, rules and metrics."""
    return _CATALOGUE.answer(request)
