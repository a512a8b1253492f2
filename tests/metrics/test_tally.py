"""The numbers of the service: true at every turn of a job's life, and never smaller than they were."""

from itertools import pairwise

import numpy as np
import pytest
from sqlalchemy import func, insert, select, text, update

from service.diagnosis import Diagnosis
from service.jobs import tally
from service.jobs.cancel import cancel
from service.jobs.delete import delete
from service.jobs.finish import cancelled, fail, hand_back, succeed
from service.jobs.reaper import reap
from service.jobs.result import Result
from service.jobs.state import ENDED, State
from service.jobs.tally import Distribution, Tally
from service.store import workers
from service.store.database import Database
from service.store.tables import Count, Job
from tests.jobs.races import race
from tests.jobs.samples import claimed, expire, flushed, queued, running

HEALTHY = Diagnosis(status="healthy", verdict="healthy", findings=())
RESULT = Result(0.1, 0.9, None, None, None)


def read(database: Database) -> Tally:
    with database.reading() as session:
        return tally.read(session)


def ended(database: Database, how: State = State.SUCCEEDED) -> str:
    """The id of a new job that has run and ended."""
    held = running(database)
    with database.transaction() as session:
        match how:
            case State.SUCCEEDED:
                succeed(session, held, RESULT, HEALTHY)
            case State.FAILED:
                fail(session, held, {"type": "/problems/x"})
            case _:
                cancelled(session, held)
    return held.job_id


def counters(seen: Tally) -> list[float]:
    """Every number of it that is a counter."""
    buckets = [number for seconds in (seen.waits, seen.runs) for _, number in seconds.cumulative()]
    sums = [seen.waits.microseconds, seen.runs.microseconds]
    finished = [seen.finished[state] for state in sorted(ENDED)]
    return [seen.submitted, seen.steps, *finished, seen.verdicts["healthy"], *sums, *buckets]


def test_an_empty_service_has_counted_nothing(database: Database) -> None:
    seen = read(database)
    assert not any(counters(seen))
    assert seen.jobs == dict.fromkeys(State, 0)
    assert (seen.workers_alive, seen.last_heartbeat) == (0, 0)


def test_each_turn_of_a_life_is_counted_once(database: Database) -> None:
    life = [read(database)]

    def turn() -> Tally:
        life.append(read(database))
        return life[-1]

    job_id = queued(database)
    seen = turn()
    assert (seen.submitted, seen.jobs[State.QUEUED], seen.waits.cumulative()[-1]) == (1, 1, (float("inf"), 0))
    first = claimed(database, job_id)
    seen = turn()
    assert (seen.jobs[State.RUNNING], seen.waits.cumulative()[-1][1]) == (1, 1)
    flushed(database, first, 3)
    assert turn().steps == 3
    expire(database, job_id)
    with database.transaction() as session:
        assert [reaped.state for reaped in reap(session)] == [State.QUEUED]
    assert turn().steps == 3
    expire(database, job_id)
    second = claimed(database, job_id)
    seen = turn()
    assert (seen.steps, seen.waits.cumulative()[-1][1]) == (3, 1)
    flushed(database, second, 4)
    with database.transaction() as session:
        assert hand_back(session, second) is State.QUEUED
    assert turn().steps == 7
    third = claimed(database, job_id)
    flushed(database, third, 5)
    assert turn().steps == 12
    with database.transaction() as session:
        succeed(session, third, RESULT, HEALTHY)
    seen = turn()
    assert (seen.steps, seen.submitted, seen.finished, seen.verdicts) == (17, 1, {"succeeded": 1}, {"healthy": 1})
    assert (seen.waits.cumulative()[-1][1], seen.runs.cumulative()[-1][1]) == (1, 1)
    with database.transaction() as session:
        delete(session, job_id)
    assert counters(turn()) == counters(seen)
    assert life[-1].jobs == dict.fromkeys(State, 0)
    for before, after in pairwise(life):
        assert all(then <= now for then, now in zip(counters(before), counters(after), strict=True))


@pytest.mark.parametrize("how", sorted(ENDED))
def test_every_end_is_counted_and_only_success_has_a_verdict(database: Database, how: State) -> None:
    ended(database, how)
    seen = read(database)
    assert seen.finished == {how: 1}
    assert seen.verdicts == ({"healthy": 1} if how is State.SUCCEEDED else {})
    assert seen.runs.cumulative()[-1][1] == 1


def test_a_job_cancelled_in_the_queue_neither_waited_to_the_end_nor_ran(database: Database) -> None:
    job_id = queued(database)
    with database.transaction() as session:
        cancel(session, job_id)
    seen = read(database)
    assert (seen.submitted, seen.finished, seen.steps) == (1, {"cancelled": 1}, 0)
    assert [seconds.cumulative()[-1][1] for seconds in (seen.waits, seen.runs)] == [0, 0]


def test_a_transaction_that_fails_counts_nothing(database: Database) -> None:
    held = running(database)
    before = counters(read(database))
    with database.transaction() as session:
        succeed(session, held, RESULT, HEALTHY)
        session.rollback()
    assert counters(read(database)) == before


def test_times_fall_into_the_ranges_they_would_by_hand(database: Database) -> None:
    job_id = ended(database)
    with database.transaction() as session:
        session.execute(update(Count).where(Count.what == "wait").values(key="0.25", total=200_000))
        job = session.get_one(Job, job_id)
        job.waited_seconds, job.started_at, job.finished_at = 61.0, 100.0, 100.5
        tally.count(session, job, None)
    seen = read(database)
    assert dict(seen.waits.cumulative())[60.0] == 1
    assert dict(seen.waits.cumulative())[120.0] == 2
    assert seen.waits.microseconds == 61_200_000
    assert dict(seen.runs.cumulative())[0.5] == 2


def test_a_distribution_is_what_counting_by_hand_gives() -> None:
    bounds = (0.5, 1.0, 10.0)
    seconds = [*np.random.default_rng(0).exponential(3, 200).tolist(), *bounds]
    seen = Distribution(bounds)
    for value in seconds:
        seen.add(value, 1, 0)
    assert seen.cumulative() == [(bound, sum(s <= bound for s in seconds)) for bound in (*bounds, float("inf"))]


def test_folding_changes_no_number_and_leaves_few_rows(database: Database) -> None:
    for how in ENDED:
        ended(database, how)
    with database.transaction() as session:
        rows = [row._asdict() for row in session.execute(select(Count.what, Count.key, Count.number, Count.total))]
        session.execute(insert(Count), rows * 300)
    before = read(database)
    with database.transaction() as session:
        assert tally.fold(session) > 2000
    after = read(database)
    assert (after.finished, after.verdicts) == (before.finished, before.verdicts)
    assert counters(after) == counters(before)
    with database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Count)) == len({(r["what"], r["key"]) for r in rows})
        assert tally.fold(session) == 0


def test_folding_at_once_and_while_jobs_end_loses_nothing(database: Database) -> None:
    ended(database)
    with database.transaction() as session:
        rows = [row._asdict() for row in session.execute(select(Count.what, Count.key, Count.number, Count.total))]
        session.execute(insert(Count), rows * 600)

    def fold() -> None:
        with database.transaction() as session:
            tally.fold(session)

    def end() -> None:
        ended(database)

    assert race(fold, fold, end, fold, end) == [None] * 5
    assert read(database).finished == {State.SUCCEEDED: 603}


def test_workers_that_were_heard_of_lately_are_alive(database: Database) -> None:
    with database.transaction() as session:
        for name in ("w1", "w2"):
            workers.beat(session, name, host="h", pid=1, device="cpu")
    seen = read(database)
    assert seen.workers_alive == 2
    with database.transaction() as session:
        session.execute(text("UPDATE workers SET heartbeat_at = heartbeat_at - 40 WHERE id = 'w1'"))
    silent = read(database)
    assert (silent.workers_alive, silent.last_heartbeat) == (1, seen.last_heartbeat)


def test_jobs_kept_are_those_that_are_there(database: Database) -> None:
    queued(database)
    running(database)
    kept = {how: [ended(database, how) for _ in range(3)] for how in ENDED}
    for job_ids in kept.values():
        with database.transaction() as session:
            delete(session, job_ids[0])
    with database.reading() as session:
        states = session.scalars(select(Job.state)).all()
    assert read(database).jobs == {state: states.count(state) for state in State}
    assert sorted(read(database).jobs.values()) == [1, 1, 2, 2, 2]


def test_jobs_that_have_ended_are_not_looked_at(database: Database) -> None:
    """There may be any number of them, and their rows are long."""
    ended(database)
    before = read(database)
    with database.transaction() as session:
        session.execute(text("DELETE FROM jobs"))
    assert counters(read(database)) == counters(before)
