"""A thread that goes its rounds."""

import logging
import threading
import time
from itertools import pairwise

import pytest

from service.errors import StoreUnavailable
from service.jobs.rounds import Rounds
from tests.jobs.waiting import eventually


def test_it_goes_on_until_it_is_told_to_stop() -> None:
    calls: list[float] = []

    def duty() -> float:
        calls.append(time.monotonic())
        return 0.01

    with Rounds("test", duty):
        assert eventually(lambda: len(calls) >= 5)
    done = len(calls)
    time.sleep(0.05)
    assert len(calls) == done
    assert all(later - earlier >= 0.009 for earlier, later in pairwise(calls))


def test_stopping_does_not_wait_for_the_next_round() -> None:
    begin = time.monotonic()
    with Rounds("test", lambda: 3600.0):
        time.sleep(0.05)
    assert time.monotonic() - begin < 2
    assert "test" not in {thread.name for thread in threading.enumerate()}


def test_no_failure_ends_it_and_an_outage_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    failures: list[Exception] = [ZeroDivisionError(), StoreUnavailable(), StoreUnavailable(), StoreUnavailable()]
    survived = threading.Event()

    def duty() -> float:
        if failures:
            raise failures.pop()
        survived.set()
        return 1.0

    with caplog.at_level(logging.WARNING), Rounds("test", duty):
        assert survived.wait(5)
    said = [record.getMessage() for record in caplog.records]
    assert said == ["test waits: the database does not answer", "test failed; it goes on"]
    assert caplog.records[1].exc_info
