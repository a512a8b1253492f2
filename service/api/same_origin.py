"""Whether a command comes from our own pages: a browser sends the session's cookie along whoever asks it to."""

from urllib.parse import urlsplit

from starlette.requests import Request

from service.api.failures import NotSameOrigin

READS = frozenset({"GET", "HEAD", "OPTIONS"})


def require_same_origin(request: Request) -> None:
    """Raises `NotSameOrigin` for a command that is not known to come from a page of this service; reads pass.

    Browsers say where a request comes from in headers that no page can set.
    """
    if request.method not in READS and not _is_same_origin(request):
        raise NotSameOrigin


def _is_same_origin(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    # Browsers leave it out over plain http, but for localhost. The scheme is not compared: a proxy may have ended TLS.
    try:
        origin = urlsplit(request.headers.get("origin", ""))
    except ValueError:
        return False
    return bool(origin.netloc) and origin.netloc.lower() == request.headers.get("host", "").lower()
