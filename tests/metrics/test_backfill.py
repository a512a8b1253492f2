"""Jobs that ended before there were counters are counted by the migration."""

from sqlalchemy import text

from service.jobs import tally
from service.jobs.finish import succeed
from service.store import migrate
from service.store.database import Database
from tests.jobs.samples import queued, running
from tests.metrics.test_tally import HEALTHY, RESULT


def test_the_migration_counts_what_has_been(bare_database_url: str) -> None:
    migrate.upgrade(bare_database_url)
    database = Database(bare_database_url)
    held = running(database)
    with database.transaction() as session:
        succeed(session, held, RESULT, HEALTHY)
    queued(database), running(database)
    with database.transaction() as session:
        session.execute(
            text("UPDATE jobs SET created_at = 100, started_at = 107, finished_at = 149.5 WHERE id = :id"),
            {"id": held.job_id},
        )
    migrate.downgrade(bare_database_url, "0002")
    migrate.upgrade(bare_database_url)
    with database.reading() as session:
        seen = tally.read(session)
    database.dispose()
    assert (seen.submitted, seen.finished, seen.verdicts, seen.steps) == (3, {"succeeded": 1}, {"healthy": 1}, 10)
    waits, runs = (dict(seconds.cumulative()) for seconds in (seen.waits, seen.runs))
    assert (waits[5.0], waits[10.0], waits[float("inf")]) == (1, 2, 2)
    assert (runs[30.0], runs[60.0], runs[float("inf")]) == (0, 1, 1)
    assert seen.runs.microseconds == 42_500_000
