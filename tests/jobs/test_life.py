"""Any life a job can have, against a model of what it should come to."""

from collections.abc import Callable
from dataclasses import dataclass, field

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import JobActive, JobEnded
from service.jobs.cancel import cancel
from service.jobs.claim import Claim, Fenced, claim
from service.jobs.delete import delete
from service.jobs.finish import cancelled, fail, hand_back, succeed
from service.jobs.reaper import MOST_LOSSES, reap
from service.jobs.result import Result
from service.jobs.state import ENDED, State
from service.store import events, traces
from service.store.database import Database
from service.store.tables import Job
from service.trace.chunk import decode
from tests.databases import SQLiteFiles
from tests.jobs.diagnoses import HEALTHY
from tests.jobs.samples import LEASE, chunk, expire, flushed, queued

RESULT = Result(0.1, 0.9, 0.2, 0.8, 0.05)


@dataclass
class Model:
    """What one job should be."""

    state: State = State.QUEUED
    attempt: int = 0
    step: int = 0
    recorded: int = 0
    cancel: bool = False
    losses: int = 0
    furthest: int = 0
    version: int = 1
    seen_events: list[int] = field(default_factory=list)

    def ends(self, target: State) -> State:
        """Where an end by the owner leads."""
        self.state = State.CANCELLED if self.cancel else target
        return self.state


ANY = st.integers(0, 3)


def has_jobs(machine: "Lives") -> bool:
    """Whether there is a job to do something with."""
    return bool(machine.models)


def has_claims(machine: "Lives") -> bool:
    """Whether any worker ever claimed one."""
    return bool(machine.claims)


class Lives(RuleBasedStateMachine):
    """Clients, workers, zombies and the reaper, in any order, on a database without a mock."""

    url: Callable[[], str]

    def __init__(self) -> None:
        super().__init__()
        self.database = Database(type(self).url())
        self.models: dict[str, Model] = {}
        self.claims: list[Claim] = []

    def teardown(self) -> None:
        self.database.dispose()

    # Few at a time, so that each has a long life.
    @precondition(lambda self: len(self.models) < 2)
    @rule()
    def submits(self) -> None:
        self.models[queued(self.database)] = Model()

    @precondition(has_jobs)
    @rule(which=ANY)
    def claims_job(self, which: int) -> None:
        job_id = self._job(which)
        with self.database.transaction() as session:
            taken = claim(session, job_id, worker_id="w", device="cpu", lease_seconds=LEASE)
        model = self.models[job_id]
        if model.state != State.QUEUED:
            assert taken is None
            return
        assert taken is not None
        model.state, model.attempt, model.step, model.recorded = State.RUNNING, model.attempt + 1, 0, 0
        assert taken.attempt == model.attempt
        self.claims.append(taken)

    @precondition(has_claims)
    @rule(which=ANY, points=st.integers(1, 3))
    def flushes(self, which: int, points: int) -> None:
        held = self._claim(which)
        model = self._owned(held)
        first = model.recorded if model else 0
        try:
            asked = flushed(self.database, held, first + points, chunk(first, points))
        except Fenced:
            assert model is None
        else:
            assert model is not None
            assert asked == model.cancel
            model.step = model.recorded = first + points

    @precondition(has_claims)
    @rule(which=ANY, end=st.sampled_from(["succeed", "fail", "cancelled", "hand_back", "hand_back"]))
    def ends(self, which: int, end: str) -> None:
        held = self._claim(which)
        model = self._owned(held)
        try:
            with self.database.transaction() as session:
                match end:
                    case "succeed":
                        told = succeed(session, held, RESULT, HEALTHY)
                    case "fail":
                        told = fail(session, held, {})
                    case "cancelled":
                        told = cancelled(session, held)
                    case _:
                        told = hand_back(session, held)
        except Fenced:
            assert model is None
        else:
            assert model is not None
            targets = {"succeed": State.SUCCEEDED, "fail": State.FAILED, "cancelled": State.CANCELLED}
            assert told == model.ends(targets.get(end, State.QUEUED))
            if end == "succeed":
                model.step = held.total_steps

    @precondition(has_jobs)
    @rule(which=ANY)
    def loses_its_worker(self, which: int) -> None:
        job_id = self._job(which)
        expire(self.database, job_id)
        with self.database.transaction() as session:
            reaped = {one.job_id: one.state for one in reap(session)}
        model = self.models[job_id]
        if model.state != State.RUNNING:
            assert reaped == {}
            return
        model.losses = 0 if model.step > model.furthest else model.losses + 1
        model.furthest = max(model.furthest, model.step)
        model.ends(State.FAILED if model.losses >= MOST_LOSSES else State.QUEUED)
        assert reaped == {job_id: model.state}
        expire(self.database, job_id)

    @precondition(has_jobs)
    @rule(which=st.sampled_from([None, None, None, 0, 1]))
    def cancels(self, which: int | None) -> None:
        if which is None:  # seldom enough for other ends to come about
            return
        job_id = self._job(which)
        model = self.models[job_id]
        try:
            with self.database.transaction() as session:
                told = cancel(session, job_id)
        except JobEnded:
            assert model.state in ENDED
        else:
            assert model.state not in ENDED
            model.cancel = True
            if model.state == State.QUEUED:
                model.state = State.CANCELLED
            assert told.state == model.state

    @precondition(has_jobs)
    @rule(which=ANY)
    def deletes(self, which: int) -> None:
        job_id = self._job(which)
        model = self.models[job_id]
        try:
            with self.database.transaction() as session:
                delete(session, job_id)
        except JobActive:
            assert model.state not in ENDED
        else:
            assert model.state in ENDED
            del self.models[job_id]

    @invariant()
    def every_job_is_what_it_should_be(self) -> None:
        with self.database.reading() as session:
            found = {job.id: job for job in session.scalars(select(Job))}
            assert found.keys() == self.models.keys()
            for job_id, model in self.models.items():
                job = found[job_id]
                assert (job.state, job.attempt, job.step) == (model.state, model.attempt, model.step)
                assert (job.cancel_requested_at is not None) == model.cancel
                assert (job.losses_without_progress, job.furthest_step) == (model.losses, model.furthest)
                assert (job.lease_expires_at is not None) == (model.state == State.RUNNING)
                assert (job.finished_at is not None) == (model.state in ENDED)
                assert job.version >= model.version
                if job.version > model.version or model.state == State.QUEUED:
                    self._what_hangs_on_it(session, job_id, model)
                model.version = job.version

    def _what_hangs_on_it(self, session: Session, job_id: str, model: Model) -> None:
        steps = [step for row in traces.read(session, job_id, "layer", "grad_norm") for step in decode(row).steps]
        assert steps == list(range(model.recorded))
        told = events.after(session, job_id, 0)
        numbers = [event.seq for event in told]
        assert numbers[: len(model.seen_events)] == model.seen_events
        assert numbers == sorted(set(numbers))
        assert [event.kind for event in told].count("done") == (model.state in ENDED)
        model.seen_events = numbers

    def _job(self, which: int) -> str:
        return sorted(self.models)[which % len(self.models)]

    def _claim(self, which: int) -> Claim:
        """Mostly the latest; the others are zombies."""
        return self.claims[-1 - which % len(self.claims)]

    def _owned(self, held: Claim) -> Model | None:
        model = self.models.get(held.job_id)
        return model if model and (model.state, model.attempt) == (State.RUNNING, held.attempt) else None


def test_every_life_is_as_the_model_says(sqlite_files: SQLiteFiles) -> None:
    class OnFreshFiles(Lives):
        url = staticmethod(sqlite_files.fresh)

    run_state_machine_as_test(
        OnFreshFiles,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            # A failing life is short enough to read; to shorten it takes minutes.
            phases=[Phase.generate],
            database=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
