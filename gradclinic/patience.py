"""When to ask again, and when to give up."""

import random
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0


class Patience:
    """The pauses between the tries of one request, over `seconds` at most."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._next = _FIRST_PAUSE

    def pause(self, retry_after: str | None = None) -> float | None:
        """Seconds before the next try, as the service wishes or a little longer each time; None: give up."""
        wished = _seconds(retry_after)
        if wished is None:
            # Clients that were cut off together shall not come back together.
            wished = self._next * random.uniform(0.75, 1.25)
            self._next = min(2 * self._next, _LONGEST_PAUSE)
        return wished if time.monotonic() + wished <= self._until else None


def _seconds(retry_after: str | None) -> float | None:
    """What `Retry-After` says: seconds, or a date (RFC 9110); None where it says nothing that can be read."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    # A date without a zone is one in UTC.
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
