"""What protects a service without API keys: it answers to loopback names, and takes no commands from other sites."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.failures import ForeignOrigin, MisdirectedRequest
from service.api.problems import rendered
from service.errors import DomainError

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::\d*)?")
_READS = {"GET", "HEAD", "OPTIONS"}


class LoopbackOnly:
    """Refuses requests whose `Host` is no loopback name, and commands whose `Origin` is none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = _refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await rendered(refusal, scope)(scope, receive, send)


def _refusal(scope: Scope) -> DomainError | None:
    headers = Headers(scope=scope)
    host = _HOST.fullmatch(headers.get("host", ""))
    if host is None or not is_loopback_name(host["name"].strip("[]")):
        return MisdirectedRequest()
    origin = headers.get("origin")
    if origin is not None and scope["method"] not in _READS and not is_loopback_name(_host_of(origin)):
        return ForeignOrigin()
    return None


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).hostname or ""
    except ValueError:
        return ""


def is_loopback_name(name: str) -> bool:
    """Whether `name` can only mean this machine."""
    name = name.lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
