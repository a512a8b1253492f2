"""Who asks, and how often they may: API keys and the rate limit."""

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

from service.errors import RateLimited, Unauthorized

LOCAL = "local"
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="gradclinic"'}

_bearer = HTTPBearer(auto_error=False, description="One of GRADCLINIC_API_KEYS.", bearerFormat="key")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="One of GRADCLINIC_API_KEYS.")


class Access:
    """Knows the keys, as hashes only, and counts requests per key; without a valid key, per address."""

    def __init__(self, keys: Sequence[str], rate_limit: str) -> None:
        self._digests = [sha256(key.encode()).digest() for key in keys]
        self._limit = parse(rate_limit)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def principal(self, key: str | None) -> str | None:
        """The name under which a caller's jobs are kept: it tells nothing of the key. None: no valid key."""
        if not self._digests:
            return LOCAL
        if key is None:
            return None
        # Header bytes reach us as Latin-1, whatever the client wrote them in.
        digest = sha256(key.encode("latin-1")).digest()
        # Every key is compared, so that the time taken says nothing.
        known = [hmac.compare_digest(digest, other) for other in self._digests]
        return f"key_{digest.hex()[:16]}" if any(known) else None

    def count(self, who: str) -> None:
        """Raises `RateLimited` when `who` has asked too often."""
        if not self._limiter.hit(self._limit, who):
            reset = self._limiter.get_window_stats(self._limit, who).reset_time
            wait = max(1, ceil(reset - time.time()))
            detail = f"At most {self._limit} are admitted; ask again in {wait} s."
            raise RateLimited(detail, headers={"Retry-After": str(wait)})


async def caller(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    header: Annotated[str | None, Security(_header)],
) -> str:
    """The principal of a request. Raises `Unauthorized` or `RateLimited`."""
    access: Access = request.app.state.access
    principal = access.principal(bearer.credentials if bearer else header)
    if principal is None or principal == LOCAL:
        access.count(request.client.host if request.client else "unknown")
    else:
        access.count(principal)
    if principal is None:
        raise Unauthorized(headers=_CHALLENGE)
    return principal


Caller = Annotated[str, Depends(caller)]
