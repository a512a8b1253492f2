"""A write that outlives an outage of the database."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from service.errors import StoreUnavailable
from service.store.database import Database

T = TypeVar("T")
_log = logging.getLogger(__name__)
_PATIENCE_SECONDS = 900.0
_LONGEST_PAUSE_SECONDS = 10.0


def persist(database: Database, write: Callable[[Session], T]) -> T:
    """What `write` returns, committed. While the database does not answer, training waits here and tries again.

    `write` must be repeatable: a commit whose answer was lost is made a second time. Raises `StoreUnavailable` after a
    quarter of an hour, and whatever else `write` raises.
    """
    deadline, pause = time.monotonic() + _PATIENCE_SECONDS, 0.05
    while True:
        try:
            with database.transaction() as session:
                return write(session)
        except StoreUnavailable:
            if time.monotonic() + pause > deadline:
                raise
            _log.warning("the database does not answer; trying again in %.1f s", pause)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
