"""Who asks, and how often they may: API keys, sessions of the dashboard, and the rate limit."""

import hmac
import time
from collections.abc import Sequence
from hashlib import sha256
from math import ceil
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from service.api.same_origin import require_same_origin
from service.api.session import Session, Sessions
from service.errors import RateLimited, Unauthorized

LOCAL = "local"
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="gradclinic"'}

_bearer = HTTPBearer(auto_error=False, description="One of GRADCLINIC_API_KEYS.", bearerFormat="key")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="One of GRADCLINIC_API_KEYS.")


class Access:
    """Knows the keys, as hashes only, and counts requests per key; without a valid key, per address."""

    def __init__(self, keys: Sequence[str], rate_limit: str) -> None:
        self._digests = [sha256(key.encode()).digest() for key in keys]
        self._sessions = Sessions(self._digests)
        self._limit = parse(rate_limit)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    @property
    def needs_key(self) -> bool:
        """Whether callers have to show who they are."""
        return bool(self._digests)

    def principal(self, key: bytes | None) -> str | None:
        """The name under which a caller's jobs are kept: it tells nothing of the key. None: no valid key."""
        if not self._digests:
            return LOCAL
        digest = None if key is None else self._known(key)
        return None if digest is None else _name(digest)

    def open_session(self, key: bytes) -> str | None:
        """The value of a new session; None without a valid key."""
        digest = self._known(key)
        return None if digest is None else self._sessions.open(digest)

    def session(self, value: str | None) -> Session | None:
        """The session of that value; None where there is none, or none that still stands."""
        return None if value is None else self._sessions.find(value)

    def principal_of(self, session: Session | None) -> str | None:
        """The principal of the key that opened the session."""
        return None if session is None else _name(session.digest)

    def _known(self, key: bytes) -> bytes | None:
        digest = sha256(key).digest()
        # Every key is compared, so that the time taken says nothing.
        known = [hmac.compare_digest(digest, other) for other in self._digests]
        return digest if any(known) else None

    def count(self, who: str) -> None:
        """Raises `RateLimited` when `who` has asked too often."""
        if not self._limiter.hit(self._limit, who):
            reset = self._limiter.get_window_stats(self._limit, who).reset_time
            wait = max(1, ceil(reset - time.time()))
            detail = f"At most {self._limit} are admitted; ask again in {wait} s."
            raise RateLimited(detail, headers={"Retry-After": str(wait)})


def _name(digest: bytes) -> str:
    return f"key_{digest.hex()[:16]}"


def cookie_name(request: Request) -> str:
    """The name of the session's cookie. Over https no other host of the domain can set one of this name."""
    return "__Host-gradclinic" if request.url.scheme == "https" else "gradclinic"


def admitted(request: Request, principal: str | None) -> str:
    """The principal, after counting the request for it, or for the address. Raises `RateLimited` or `Unauthorized`."""
    access: Access = request.app.state.access
    address = request.client.host if request.client else "unknown"
    access.count(address if principal is None or principal == LOCAL else principal)
    if principal is None:
        raise Unauthorized(headers=_CHALLENGE)
    return principal


async def caller(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    header: Annotated[str | None, Security(_header)],
) -> str:
    """The principal of a request: by the key in a header, else by the session in the cookie.

    Raises `Unauthorized`, `RateLimited`, or `NotSameOrigin` where the cookie came with a command of another site.
    """
    access: Access = request.app.state.access
    key = bearer.credentials if bearer else header
    # Header bytes reach us as Latin-1, whatever the client wrote them in.
    principal = access.principal(None if key is None else key.encode("latin-1"))
    if principal is not None or key is not None:
        return admitted(request, principal)
    session = access.session(request.cookies.get(cookie_name(request)))
    principal = admitted(request, access.principal_of(session))
    require_same_origin(request)
    return principal


Caller = Annotated[str, Depends(caller)]
