"""Migrations lead to the tables the code declares, and back."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from service.jobs.state import ENDED
from service.store import migrate
from service.store.database import Database
from service.store.tables import Job, Table
from tests.jobs.races import race
from tests.jobs.samples import queued


def test_they_lead_to_the_declared_tables(database: Database) -> None:
    with database.transaction() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_a_difference_would_be_seen(database: Database) -> None:
    with database.transaction() as session:
        session.execute(text("ALTER TABLE jobs ADD COLUMN forgotten TEXT"))
        session.execute(text("DROP INDEX ix_jobs_state_id"))
        context = MigrationContext.configure(session.connection())
        assert {change[0] for change in compare_metadata(context, Table.metadata)} == {"remove_column", "add_index"}
        session.rollback()


def test_the_way_down_leaves_nothing(bare_database_url: str) -> None:
    migrate.upgrade(bare_database_url)
    migrate.downgrade(bare_database_url, "base")
    database = Database(bare_database_url)
    with database.reading() as session:
        assert inspect(session.connection()).get_table_names() == ["alembic_version"]
    migrate.upgrade(bare_database_url)
    queued(database)
    database.dispose()


def test_of_several_at_once_one_migrates(bare_database_url: str) -> None:
    assert race(*[lambda: migrate.upgrade(bare_database_url)] * 4) == [None] * 4


def test_one_that_fails_leaves_nothing_behind(bare_database_url: str) -> None:
    database = Database(bare_database_url)
    with database.transaction() as session:
        session.execute(text("CREATE TABLE workers (id INTEGER)"))
    with pytest.raises(DBAPIError):
        migrate.upgrade(bare_database_url)
    with database.reading() as session:
        assert inspect(session.connection()).get_table_names() == ["workers"]
    database.dispose()


def test_they_are_found_beside_the_package_or_inside_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert (migrate.script_location() / "versions" / "0001_initial.py").is_file()
    monkeypatch.setattr(migrate, "_PLACES", (tmp_path,))
    with pytest.raises(FileNotFoundError):
        migrate.script_location()


@pytest.mark.parametrize("ended", sorted(ENDED))
def test_the_database_itself_keeps_ended_jobs_ended(database: Database, ended: str) -> None:
    job_id = queued(database)
    with database.transaction() as session:
        session.execute(update(Job).where(Job.id == job_id).values(state=ended))
    with pytest.raises(IntegrityError, match="stays ended"), database.transaction() as session:
        session.execute(update(Job).where(Job.id == job_id).values(state="queued"))
    with database.transaction() as session:
        session.execute(update(Job).where(Job.id == job_id).values(version=99))
