"""Transactions, snapshots, and what happens when the database is not there."""

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError

from service.errors import StoreUnavailable
from service.store import workers
from service.store.database import Database
from service.store.tables import Worker


def _add(database: Database, name: str) -> None:
    with database.transaction() as session:
        workers.beat(session, name, host="h", pid=1, device="cpu")


def _count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Worker)) or 0


def test_a_transaction_keeps_all_or_nothing(database: Database) -> None:
    _add(database, "kept")

    def add_and_break() -> None:
        with database.transaction() as session:
            workers.beat(session, "dropped", host="h", pid=1, device="cpu")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        add_and_break()
    assert _count(database) == 1


def test_a_reader_sees_one_moment(database: Database) -> None:
    with database.reading() as session:
        before = session.scalar(select(func.count()).select_from(Worker))
        _add(database, "meanwhile")
        assert session.scalar(select(func.count()).select_from(Worker)) == before == 0
    assert _count(database) == 1


def test_a_reader_changes_nothing(database: Database) -> None:
    with pytest.raises(DBAPIError), database.reading() as session:
        workers.beat(session, "x", host="h", pid=1, device="cpu")
    _add(database, "the same connection may write again")
    assert _count(database) == 1


def test_writers_wait_for_each_other(database: Database) -> None:
    """A read before the write must not make the transaction fail: it would, were SQLite's lock taken late."""
    _add(database, "counter")

    def increment() -> None:
        for _ in range(10):
            with database.transaction() as session:
                worker = session.get_one(Worker, "counter", with_for_update=True)
                worker.pid += 1

    threads = [threading.Thread(target=increment) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.get_one(Worker, "counter").pid == 1 + 40


def test_a_lock_that_is_not_given_up_is_unavailability(database: Database) -> None:
    event.listen(database.engine, "connect", _impatient)
    other = Database(database.url.render_as_string(hide_password=False))
    _add(other, "x")
    with other.transaction() as session:
        session.get_one(Worker, "x", with_for_update=True)
        with pytest.raises(StoreUnavailable), database.transaction() as blocked:
            blocked.get_one(Worker, "x", with_for_update=True)
    other.dispose()


def _impatient(connection: object, _record: object) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA busy_timeout = 20")
    else:
        connection.autocommit = True  # type: ignore[attr-defined]  # psycopg's, which has no base class to name
        connection.execute("SET lock_timeout = '20ms'")  # type: ignore[attr-defined]
        connection.autocommit = False  # type: ignore[attr-defined]


def test_a_database_that_is_gone_is_unavailability(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/no/such/folder/x.sqlite3", "postgresql://nobody@127.0.0.1:1/none"):
        database = Database(url)
        with pytest.raises(StoreUnavailable):
            database.check()


@pytest.mark.parametrize("bare_database_url", ["postgresql"], indirect=True)
def test_a_connection_that_is_cut_is_unavailability_and_replaced(bare_database_url: str) -> None:
    database = Database(bare_database_url)
    with pytest.raises(StoreUnavailable), database.transaction() as session:
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    database.check()
    database.dispose()


@pytest.mark.parametrize("bare_database_url", ["postgresql"], indirect=True)
def test_postgresql_has_bounds_on_waiting(bare_database_url: str) -> None:
    database = Database(bare_database_url)
    with database.reading() as session:
        shown = {
            name: session.scalar(text(f"SHOW {name}"))
            for name in ("idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout")
        }
    database.dispose()
    assert shown == {"idle_in_transaction_session_timeout": "10s", "lock_timeout": "5s", "statement_timeout": "15s"}


@pytest.mark.parametrize("bare_database_url", ["sqlite"], indirect=True)
def test_sqlite_survives_a_power_cut_and_shares_the_file(bare_database_url: str) -> None:
    database = Database(bare_database_url)
    with database.reading() as session:
        shown = {
            name: session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        }
    database.dispose()
    full = 2
    assert shown == {"journal_mode": "wal", "synchronous": full, "busy_timeout": 5000, "foreign_keys": 1}


def test_a_missing_table_is_a_defect_and_no_outage(bare_database_url: str) -> None:
    database = Database(bare_database_url)
    with pytest.raises(DBAPIError):
        _add(database, "x")
    database.dispose()


def test_only_sqlite_and_postgresql_are_known() -> None:
    with pytest.raises(ValueError, match="mysql"):
        Database("mysql://x")
