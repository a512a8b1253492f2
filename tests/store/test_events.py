"""The events of a job."""

import orjson
from sqlalchemy import delete

from service.store import events
from service.store.database import Database
from service.store.tables import JobEvent
from tests.jobs.samples import queued


def test_they_come_in_order_and_from_where_the_reader_was(database: Database) -> None:
    job_id, other = queued(database), queued(database)
    for step in range(3):
        with database.transaction() as session:
            events.append(session, job_id, ("progress", {"step": step}), ("finding", {"value": float("nan")}))
            events.append(session, other, ("progress", {"step": 100}))
    with database.reading() as session:
        all_of_them = events.after(session, job_id, 0)
        rest = events.after(session, job_id, all_of_them[2].seq)
        first_two = events.after(session, job_id, 0, limit=2)
    assert [event.kind for event in all_of_them] == ["state", *("progress", "finding") * 3]
    assert [orjson.loads(event.data).get("step") for event in all_of_them[1::2]] == [0, 1, 2]
    assert all_of_them[2].data == '{"value":null}'
    assert [event.seq for event in all_of_them] == sorted({event.seq for event in all_of_them})
    assert [event.seq for event in rest] == [event.seq for event in all_of_them[3:]]
    assert [event.seq for event in first_two] == [event.seq for event in all_of_them[:2]]


def test_no_event_is_no_statement(database: Database) -> None:
    with database.reading() as session:
        events.append(session, "job_x")


def test_a_number_is_never_given_twice(database: Database) -> None:
    """A reader that resumes after the last event it saw would miss one with a used number."""
    job_id = queued(database)
    with database.transaction() as session:
        events.append(session, job_id, ("progress", {}))
    with database.reading() as session:
        last = events.after(session, job_id, 0)[-1].seq
    with database.transaction() as session:
        session.execute(delete(JobEvent))
        events.append(session, job_id, ("progress", {}))
    with database.reading() as session:
        assert events.after(session, job_id, last)
