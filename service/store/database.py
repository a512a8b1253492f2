"""The engine for either database, and the two ways to use it: a transaction, or a read-only snapshot."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from service.errors import StoreUnavailable
from service.store.clock import now

BUSY_MILLISECONDS = 5000
_SQLITE = f"""
PRAGMA busy_timeout = {BUSY_MILLISECONDS};
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA journal_size_limit = 67108864;
"""
# A frozen worker inside a transaction gives its row locks back after ten seconds.
_POSTGRESQL = "-c idle_in_transaction_session_timeout=10s -c lock_timeout=5s -c statement_timeout=15s"
# Anything else SQLite reports (a missing table, a syntax error) is a defect of this program.
_SQLITE_PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}


class Database:
    """One database: SQLite for one machine, PostgreSQL for several.

    `url` is an SQLAlchemy URL. Every method raises `StoreUnavailable` while the database is busy, full or gone.
    """

    def __init__(self, url: str) -> None:
        self.url = _with_driver(make_url(url))
        self.engine = _sqlite(self.url) if self.url.get_backend_name() == "sqlite" else _postgresql(self.url)
        self._writing = self.engine.execution_options(writing=True)
        self._reading = self.engine.execution_options(**_snapshot(self.url))

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose writes are all kept at the end of the block, or none of them.

        Its first statement takes SQLite's write lock, so encode and compute before it. When this raises
        `StoreUnavailable` the writes may have been kept all the same: whoever repeats them must be able to.
        """
        with _passing_faults(), Session(self._writing, expire_on_commit=False) as session:
            yield session
            session.commit()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one moment of the database and can change nothing."""
        with _passing_faults(), Session(self._reading, expire_on_commit=False) as session:
            yield session

    def check(self) -> None:
        """Raises unless the database answers and has a clock."""
        with self.reading() as session:
            if session.scalar(select(now())) is None:
                raise RuntimeError("The database's clock answers NULL: no lease would ever expire.")

    def dispose(self) -> None:
        """Closes every idle connection."""
        self.engine.dispose()


def _with_driver(url: URL) -> URL:
    names = {"sqlite": "sqlite+pysqlite", "postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
    if url.drivername.split("+")[0] not in names:
        raise ValueError(f"The database is SQLite or PostgreSQL, not {url.drivername}.")
    return url.set(drivername=names.get(url.drivername, url.drivername))


def _snapshot(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"writing": False}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def _postgresql(url: URL) -> Engine:
    return create_engine(
        url,
        pool_size=10,
        max_overflow=30,
        pool_timeout=5,
        pool_pre_ping=True,
        connect_args={"options": _POSTGRESQL, "connect_timeout": 5, "application_name": "gradclinic"},
    )


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, pool_size=10, max_overflow=30, pool_timeout=5)
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: sqlite3.Connection, _record: object) -> None:
    # Python's own BEGIN comes only before the first write and is deferred: a read would hold no snapshot and a
    # transaction that reads before it writes could fail as busy at once.
    connection.isolation_level = None
    for pragma in _SQLITE.strip().splitlines():
        connection.execute(pragma).close()


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", True)
    connection.exec_driver_sql(f"PRAGMA query_only = {int(not writing)}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def _passing_faults() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise StoreUnavailable from error
    except DBAPIError as error:
        if _is_passing(error):
            raise StoreUnavailable from error
        raise


def _is_passing(error: DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        # The low byte is the primary code; the rest says where it came from.
        return (getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF) in _SQLITE_PASSING
    return error.connection_invalidated or isinstance(error, OperationalError)
