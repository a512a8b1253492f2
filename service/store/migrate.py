"""Brings a database to the schema of this release, or back."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from service.store.database import Database

# Beside this module in an installed wheel, at the top of a source checkout.
_PLACES = (Path(__file__).parent / "migrations", Path(__file__).parents[2] / "migrations")
_LOCK = 0x6772616463


def upgrade(url: str, revision: str = "head") -> None:
    """Applies the migrations up to `revision` in one transaction. Of several processes at once, one does the work.

    Raises `service.errors.StoreUnavailable` while the database does not answer.
    """
    _run(url, command.upgrade, revision)


def downgrade(url: str, revision: str) -> None:
    """Takes the migrations after `revision` back; `base` takes all of them."""
    _run(url, command.downgrade, revision)


def script_location() -> Path:
    """The folder of the migrations. Raises `FileNotFoundError` in a broken installation."""
    for place in _PLACES:
        if (place / "env.py").is_file():
            return place
    raise FileNotFoundError(f"No migrations in {' or '.join(map(str, _PLACES))}.")


def _run(url: str, run: Callable[[Config, str], None], revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(script_location()).replace("%", "%%"))
    database = Database(url)
    try:
        with database.transaction() as session:
            connection = session.connection()
            # SQLite's transaction holds the write lock from its first statement; this is PostgreSQL's.
            if connection.dialect.name == "postgresql":
                session.execute(text("SET LOCAL statement_timeout = 0"))
                session.execute(text("SET LOCAL lock_timeout = '60s'"))
                session.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            config.attributes["connection"] = connection
            run(config, revision)
    finally:
        database.dispose()
