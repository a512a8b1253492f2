"""Servers of the API tests."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from service.store.database import Database
from tests.api.serving import serving
from tests.databases import SQLiteFiles


@pytest.fixture
def api(database_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of an API of this test's own, on either database."""
    with serving(database_url, tmp_path) as client:
        yield client


@pytest.fixture(scope="session")
def shared(sqlite_files: SQLiteFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of an API that tests share, which look at single answers and not at what the service remembers."""
    folder = tmp_path_factory.mktemp("api")
    with serving(sqlite_files.fresh(), folder) as client:
        yield client


@pytest.fixture
def database(database_url: str, api: httpx.Client) -> Iterator[Database]:
    """The database behind `api`."""
    opened = Database(database_url)
    yield opened
    opened.dispose()
