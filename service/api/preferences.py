"""`Prefer: wait=N` (RFC 7240): the answer may take up to N seconds, to tell how the job ended."""

import re
from typing import Annotated

from fastapi import Header

MAX_WAIT_SECONDS = 60
_WAIT = re.compile(r'\s*wait\s*=\s*"?(?P<seconds>\d{1,9})"?\s*(?:;.*)?', re.IGNORECASE)

PreferHeader = Annotated[
    str | None,
    Header(
        alias="Prefer",
        description=f"`wait=N` waits up to N ≤ {MAX_WAIT_SECONDS} seconds for the job to end.",
        examples=["wait=5"],
    ),
]


def wait_seconds(prefer: str | None) -> int | None:
    """Seconds to wait, at most `MAX_WAIT_SECONDS`. None: no such preference; one we cannot read is ignored."""
    for preference in (prefer or "").split(","):
        if match := _WAIT.fullmatch(preference):
            return min(int(match["seconds"]), MAX_WAIT_SECONDS)
    return None


def applied(seconds: int | None) -> dict[str, str]:
    """The header that tells the client which preference was followed."""
    return {} if seconds is None else {"Preference-Applied": f"wait={seconds}"}
