"""A diverged job, behind an API on either database."""

from collections.abc import Iterator

import httpx
import pytest

from service.store import migrate
from service.store.database import Database
from tests.cli.conftest import run
from tests.databases import KINDS, PostgreSQL, SQLiteFiles
from tests.exports.mlflow_server import MLflow, mlflow_server
from tests.exports.recorded import diverged, served

__all__ = ["run"]


@pytest.fixture(scope="package", params=KINDS)
def database(request: pytest.FixtureRequest, sqlite_files: SQLiteFiles) -> Iterator[Database]:
    """A database for all tests here, which change no job but their own."""
    if request.param == "sqlite":
        url = sqlite_files.fresh()
    else:
        server: PostgreSQL = request.getfixturevalue("postgres")
        url = server.create()
        migrate.upgrade(url)
    opened = Database(url)
    yield opened
    opened.dispose()


@pytest.fixture(scope="package")
def api(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of the API that serves it."""
    with served(database, tmp_path_factory.mktemp("api")) as client:
        yield client


@pytest.fixture(scope="package")
def job(database: Database) -> str:
    """The id of a job with everything in it."""
    return diverged(database)


@pytest.fixture(scope="session")
def mlflow() -> Iterator[MLflow]:
    """An MLflow server that all tests share."""
    with mlflow_server() as server:
        yield server
