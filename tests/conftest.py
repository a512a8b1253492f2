"""Fixtures of the whole suite: each store, job and API test runs on SQLite and on PostgreSQL."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.store.database import Database
from tests.brokers import Valkey, broker, valkey
from tests.databases import KINDS, PostgreSQL, SQLiteFiles, postgresql, sqlite
from tests.embedded import service_url

__all__ = ["service_url"]

# Read by torch when it is first imported. Test processes share the cores, and threads of two that wait for each other
# at every layer are a hundred times slower than one alone.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    """The PostgreSQL of this test process."""
    with postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_files() -> Iterator[SQLiteFiles]:
    """Copies of a migrated SQLite file."""
    with sqlite() as files:
        yield files


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, sqlite_files: SQLiteFiles) -> str:
    """The URL of an empty, migrated database, on either kind."""
    if request.param == "sqlite":
        return sqlite_files.fresh()
    server: PostgreSQL = request.getfixturevalue("postgres")
    return server.fresh()


@pytest.fixture(params=KINDS)
def bare_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table, on either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'bare.sqlite3'}"
    server: PostgreSQL = request.getfixturevalue("postgres")
    return server.create()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty, migrated database, on either kind."""
    opened = Database(database_url)
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def broker_url() -> Iterator[str]:
    """The URL of a broker that all tests share: expect messages of others in it."""
    with broker() as url:
        yield url


@pytest.fixture
def own_valkey() -> Iterator[Valkey]:
    """A Valkey for one test, to kill and to start again."""
    with valkey() as server:
        yield server
