"""Every waiting job is announced, whatever happens to the broker."""

import base64
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import pytest
from sqlalchemy import update

from service.jobs import dispatcher
from service.jobs.dispatcher import Dispatcher, due, mark
from service.jobs.doorbell import Doorbell
from service.store.database import Database
from service.store.tables import Job
from tests.brokers import Valkey
from tests.databases import outage
from tests.jobs.samples import claimed, job, queued
from tests.jobs.waiting import eventually

QUEUE = "gradclinic:celery"


@contextmanager
def _dispatching(database: Database, valkey: Valkey, **options: float) -> Iterator[Dispatcher]:
    bell = Doorbell(valkey.url)
    with Dispatcher(database, bell, **options) as running:
        yield running
    bell.close()


def _heard(valkey: Valkey) -> list[str]:
    with valkey.client() as client:
        messages = client.lrange(QUEUE, 0, -1)
    return [orjson.loads(base64.b64decode(orjson.loads(one)["body"]))[0][0] for one in reversed(messages)]


def _due(database: Database, ring_seconds: float = 30) -> list[str]:
    with database.reading() as session:
        return list(due(session, ring_seconds))


def test_a_new_job_is_announced_soon_and_once(database: Database, own_valkey: Valkey) -> None:
    with _dispatching(database, own_valkey):
        job_id = queued(database)
        begin = time.monotonic()
        assert eventually(lambda: _heard(own_valkey) == [job_id])
        assert time.monotonic() - begin < 1
        assert eventually(lambda: job(database, job_id).dispatched_at is not None)
        time.sleep(0.2)
        assert _heard(own_valkey) == [job_id]
    assert job(database, job_id).version == 1


def test_waking_it_is_faster_than_its_rounds(database: Database, own_valkey: Valkey) -> None:
    with _dispatching(database, own_valkey, poll_seconds=60) as running:
        time.sleep(0.1)
        job_id = queued(database)
        time.sleep(0.1)
        assert _heard(own_valkey) == []
        running.wake()
        assert eventually(lambda: _heard(own_valkey) == [job_id], seconds=2)


def test_a_job_whose_message_was_lost_is_announced_again(database: Database, own_valkey: Valkey) -> None:
    taken, waiting = queued(database), queued(database)
    claimed(database, taken)
    with _dispatching(database, own_valkey, ring_seconds=0.1), own_valkey.client() as client:
        for _ in range(3):
            assert eventually(lambda: _heard(own_valkey) == [waiting])
            client.delete(QUEUE)


def test_nothing_is_repeated_while_messages_wait_in_the_broker(database: Database, own_valkey: Valkey) -> None:
    first = queued(database)
    with _dispatching(database, own_valkey, ring_seconds=0.1):
        assert eventually(lambda: _heard(own_valkey) == [first])
        time.sleep(0.6)
        second = queued(database)
        assert eventually(lambda: second in _heard(own_valkey))
        assert _heard(own_valkey) == [first, second]


def test_a_message_lost_behind_a_backlog_is_repeated_in_the_end(database: Database, own_valkey: Valkey) -> None:
    lost = queued(database)
    with _dispatching(database, own_valkey, ring_seconds=0.02):
        assert eventually(lambda: _heard(own_valkey) == [lost])
        assert eventually(lambda: _heard(own_valkey).count(lost) >= 3)


def test_a_broker_that_loses_everything_loses_no_job(
    database: Database, own_valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "service.jobs")
    ids = {queued(database) for _ in range(10)}
    with _dispatching(database, own_valkey, ring_seconds=0.5) as running:
        assert eventually(lambda: set(_heard(own_valkey)) == ids)
        own_valkey.kill()
        ids |= {queued(database) for _ in range(10)}
        running.wake()
        time.sleep(0.8)
        own_valkey.start()
        assert eventually(lambda: set(_heard(own_valkey)) == ids)
    said = [record.getMessage() for record in caplog.records if "broker" in record.getMessage()]
    assert len(said) == 2
    assert "does not answer" in said[0]
    assert "answers again" in said[1]


def test_an_outage_of_the_database_is_waited_out(
    database: Database, own_valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = queued(database)
    with _dispatching(database, own_valkey, ring_seconds=0.05):
        assert eventually(lambda: job_id in _heard(own_valkey))
        with outage(database):
            assert eventually(lambda: "does not answer" in caplog.text)
            time.sleep(0.3)
            with own_valkey.client() as client:
                client.delete(QUEUE)
        assert eventually(lambda: job_id in _heard(own_valkey))
    assert caplog.text.count("does not answer") == 1


def test_due_is_who_waits_and_was_not_announced_lately(database: Database) -> None:
    fresh, rung, rung_long_ago, backing_off, taken = sorted(queued(database) for _ in range(5))
    claimed(database, taken)
    with database.transaction() as session:
        mark(session, [rung, rung_long_ago, taken])
        session.execute(update(Job).where(Job.id == rung_long_ago).values(dispatched_at=Job.dispatched_at - 31))
        session.execute(update(Job).where(Job.id == backing_off).values(not_before=Job.not_before + 60))
    assert _due(database) == [fresh, rung_long_ago]
    assert job(database, taken).dispatched_at is None


def test_a_long_queue_does_not_fill_the_broker(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "WINDOW", 3)
    ids = sorted(queued(database) for _ in range(7))
    assert _due(database) == ids[:3]
    with database.transaction() as session:
        mark(session, ids[:3])
    assert _due(database) == []
    assert _due(database, ring_seconds=-1) == ids[:3]
    claimed(database, ids[0])
    assert _due(database) == [ids[3]]
