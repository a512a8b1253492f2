"""Metrics for Prometheus."""

from fastapi import APIRouter, Request, Response
from prometheus_client.exposition import choose_encoder

from service.api.openapi import problems

router = APIRouter(tags=["service"])


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={
        200: {"description": "In the text format of Prometheus, or OpenMetrics.", "content": {"text/plain": {}}},
        **problems(401, 429),
    },
)
def read_metrics(request: Request) -> Response:
    """Of the whole service, whichever process answers; only requests and `process_*` are those of this process.

    With API keys, Prometheus sends one as `authorization` of its `scrape_config`.
    """
    encode, media_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(request.app.state.metrics), headers={"Content-Type": media_type})
