"""The database's clock."""

import time
from pathlib import Path

import pytest
from sqlalchemy import event, select, text

from service.store.clock import now
from service.store.database import Database


def test_tells_seconds_since_the_epoch(database: Database) -> None:
    with database.reading() as session:
        first = session.scalar(select(now()))
    assert first == pytest.approx(time.time(), abs=2)


def test_goes_on_inside_a_transaction(database: Database) -> None:
    with database.transaction() as session:
        first = session.scalar(select(now()))
        time.sleep(0.02)
        second = session.scalar(select(now()))
    assert first is not None
    assert second is not None
    assert 0.01 < second - first < 2


def test_stands_still_within_a_statement_so_that_an_index_serves(database: Database) -> None:
    """A volatile clock would make PostgreSQL read every row of the table."""
    if database.url.get_backend_name() == "postgresql":
        with database.transaction() as session:
            session.execute(text("CREATE TEMPORARY TABLE times AS SELECT generate_series(1, 10000)::float8 AS t"))
            session.execute(text("CREATE INDEX ON times (t)"))
            session.execute(text("ANALYZE times"))
            clock = now().compile(dialect=session.get_bind().dialect)
            plan = session.scalars(text(f"EXPLAIN SELECT * FROM times WHERE t > {clock}")).all()
        assert "Index" in " ".join(plan)
    with database.reading() as session:
        first, second = session.execute(select(now(), now())).one()
    assert first == second


def test_a_clock_that_answers_null_is_refused_at_start_up(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.sqlite3'}")
    event.listen(
        database.engine, "connect", lambda connection, _: connection.create_function("julianday", 1, lambda _: None)
    )
    with pytest.raises(RuntimeError, match="NULL"):
        database.check()
    database.dispose()
