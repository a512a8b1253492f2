"""The numbers of the whole service: how many jobs, how long they waited and ran, how much was trained.

They are read from the database: from the jobs that are active, and from what every job leaves behind when it ends. So
they are the same in every process and after every restart, and none falls when a job is deleted
(docs/decisions/0013-counters-are-read-from-the-database.md).
"""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from service.jobs.state import ACTIVE, State
from service.store import workers
from service.store.tables import Count, Job, Worker

WAIT_BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
RUN_BOUNDS = (0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 21600.0)
MOST_ROWS = 1000
_AT_ONCE = 10_000


@dataclass(slots=True)
class Distribution:
    """Times, sorted into ranges by their upper bounds in seconds, each bound included."""

    bounds: tuple[float, ...]
    microseconds: int = 0
    """All of them together: a whole number, which no order of adding can make a little smaller."""
    _counts: Counter[float] = field(default_factory=Counter)

    def bound(self, seconds: float) -> float:
        """The upper bound of the range that `seconds` lie in; infinity behind the last."""
        return (*self.bounds, float("inf"))[bisect_left(self.bounds, seconds)]

    def add(self, bound: float, number: int, microseconds: int) -> None:
        """Adds so many observations of the range up to `bound`, which take so long together."""
        self._counts[self.bound(bound)] += number
        self.microseconds += microseconds

    def cumulative(self) -> list[tuple[float, int]]:
        """Each bound, infinity last, with the number of observations up to it."""
        behind, cumulative = 0, []
        for bound in (*self.bounds, float("inf")):
            behind += self._counts[bound]
            cumulative.append((bound, behind))
        return cumulative


@dataclass(slots=True)
class Tally:
    """The service at one moment. Everything but `jobs` and the workers only grows."""

    workers_alive: int
    last_heartbeat: float
    """Seconds since the epoch; 0 where no worker is known."""
    jobs: Counter[State] = field(default_factory=lambda: Counter(dict.fromkeys(State, 0)))
    """Jobs that are kept, by state."""
    submitted: int = 0
    finished: Counter[State] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    """Jobs that succeeded, by what was found to be wrong with them first."""
    steps: int = 0
    """Optimizer steps, those of lost attempts included."""
    waits: Distribution = field(default_factory=lambda: Distribution(WAIT_BOUNDS))
    """From the creation of a job to its first start."""
    runs: Distribution = field(default_factory=lambda: Distribution(RUN_BOUNDS))
    """From the last start of a job to its end."""


def count(session: Session, job: Job, verdict: str | None) -> None:
    """Keeps what `read` will need of a job that ends. Call it once, in the transaction that ends the job."""
    seen = [("ended", str(job.state), job.earlier_steps + job.step)]
    if verdict is not None and job.state == State.SUCCEEDED:
        seen.append(("verdict", verdict, 0))
    if job.waited_seconds is not None:
        seen.append(("wait", str(Distribution(WAIT_BOUNDS).bound(job.waited_seconds)), _micro(job.waited_seconds)))
    if job.started_at is not None and job.finished_at is not None:
        ran = job.finished_at - job.started_at
        seen.append(("run", str(Distribution(RUN_BOUNDS).bound(ran)), _micro(ran)))
    rows = [{"what": what, "key": key, "number": 1, "total": total} for what, key, total in seen]
    session.execute(insert(Count), rows)


def fold(session: Session) -> int:
    """Puts rows that count the same together where there are many; how many rows that took away.

    Several processes may do so at once: each row is taken by one of them, and one that is locked is left alone.
    """
    if (session.scalar(select(func.count()).select_from(Count)) or 0) <= MOST_ROWS:
        return 0
    chosen = select(Count.seq).order_by(Count.seq).limit(_AT_ONCE).with_for_update(skip_locked=True)
    taken = session.execute(
        delete(Count)
        .where(Count.seq.in_(chosen))
        .returning(Count.what, Count.key, Count.number, Count.total)
        .execution_options(synchronize_session=False)
    ).all()
    numbers: Counter[tuple[str, str]] = Counter()
    totals: Counter[tuple[str, str]] = Counter()
    for what, key, number, total in taken:
        numbers[what, key] += number
        totals[what, key] += total
    rows = [{"what": w, "key": k, "number": number, "total": totals[w, k]} for (w, k), number in numbers.items()]
    if rows:
        session.execute(insert(Count), rows)
    return len(taken) - len(rows)


def uncount(session: Session, job: Job) -> None:
    """Notes that a job that had ended is kept no longer. Call it once, in the transaction that deletes it."""
    session.execute(insert(Count), [{"what": "deleted", "key": str(job.state), "number": 1, "total": 0}])


def read(session: Session) -> Tally:
    """The numbers as the session's snapshot has them."""
    active = select(Job.state, func.count()).where(Job.state.in_(sorted(ACTIVE))).group_by(Job.state)
    tally = Tally(
        workers_alive=len(workers.alive(session, workers.ALIVE_SECONDS)),
        last_heartbeat=session.scalar(select(func.max(Worker.heartbeat_at))) or 0.0,
    )
    for state, number in session.execute(active):
        tally.jobs[State(state)] += number
        tally.submitted += number
    _add_active(tally, session)
    _add_counted(tally, session)
    return tally


def _add_active(tally: Tally, session: Session) -> None:
    # One that no worker has had yet has neither waited to the end nor trained.
    steps = (Job.earlier_steps + Job.step).label("steps")
    begun = select(Job.waited_seconds, steps).where(Job.state.in_(sorted(ACTIVE)), Job.attempt > 0)
    for waited, done in session.execute(begun):
        tally.steps += done
        if waited is not None:
            tally.waits.add(waited, 1, _micro(waited))


def _add_counted(tally: Tally, session: Session) -> None:
    summed = select(Count.what, Count.key, func.sum(Count.number), func.sum(Count.total)).group_by(
        Count.what, Count.key
    )
    for what, key, number, total in session.execute(summed):
        match what:
            case "ended":
                tally.finished[State(key)] += int(number)
                tally.jobs[State(key)] += int(number)
                tally.submitted += int(number)
                tally.steps += int(total)
            case "deleted":
                tally.jobs[State(key)] -= int(number)
            case "verdict":
                tally.verdicts[key] += int(number)
            case "wait":
                tally.waits.add(float(key), int(number), int(total))
            case "run":
                tally.runs.add(float(key), int(number), int(total))


def _micro(seconds: float) -> int:
    return round(max(0.0, seconds) * 1e6)
