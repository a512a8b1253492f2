"""The ends of a job."""

import orjson
import pytest

from service.jobs.cancel import cancel
from service.jobs.claim import Fenced
from service.jobs.finish import cancelled, fail, hand_back, succeed
from service.jobs.result import Result
from service.store import events, traces
from service.store.database import Database
from tests.jobs.diagnoses import HEALTHY, ill
from tests.jobs.samples import chunk, claimed, flushed, job, running

RESULT = Result(
    loss=float("nan"), accuracy=0.9, validation_loss=float("inf"), validation_accuracy=None, trace_overhead=0
)


def test_success_keeps_the_last_word(database: Database) -> None:
    held = running(database)
    flushed(database, held, 6, chunk(0, 6))
    with database.transaction() as session:
        assert (
            succeed(session, held, RESULT, ill("vanishing_gradient"), [chunk(6, 4)], steps_per_second=7.0)
            == "succeeded"
        )
    after = job(database, held.job_id)
    assert (after.state, after.step, after.steps_per_second) == ("succeeded", 10, 7.0)
    assert orjson.loads(after.result or "") == {
        "loss": None,
        "accuracy": 0.9,
        "validation_loss": None,
        "validation_accuracy": None,
        "trace_overhead": 0,
        "target_reached": None,
        "target_step": None,
        "stopped_at": None,
        "stopped_by": None,
    }
    assert orjson.loads(after.diagnosis or "")["verdict"] == "vanishing_gradient"
    assert after.finished_at is not None
    assert after.lease_expires_at is None
    assert (after.worker, after.device) == ("w1", "cpu")
    with database.reading() as session:
        assert [row.points for row in traces.read(session, held.job_id, "layer", "grad_norm")] == [6, 4]
        told = [(event.kind, orjson.loads(event.data)) for event in events.after(session, held.job_id, 0)]
    assert [kind for kind, _ in told[-4:]] == ["progress", "finding", "state", "done"]
    assert told[-1][1] == {"state": "succeeded", "verdict": "vanishing_gradient"}


def test_failure_says_why_and_keeps_what_was_recorded(database: Database) -> None:
    held = running(database)
    flushed(database, held, 6, chunk(0, 6))
    with database.transaction() as session:
        assert fail(session, held, {"title": "Out of memory", "code": "gpu_oom"}) == "failed"
    after = job(database, held.job_id)
    assert (after.state, after.step) == ("failed", 6)
    assert orjson.loads(after.error or "")["code"] == "gpu_oom"
    with database.reading() as session:
        assert len(traces.read(session, held.job_id, "layer", "grad_norm")) == 1


def test_a_job_handed_back_is_to_be_had_at_once_and_not_charged(database: Database) -> None:
    held = running(database)
    for attempt in range(2, 8):
        with database.transaction() as session:
            assert hand_back(session, held) == "queued"
        waiting = job(database, held.job_id)
        assert (waiting.worker, waiting.device, waiting.started_at, waiting.dispatched_at) == (None, None, None, None)
        assert (waiting.lease_expires_at, waiting.losses_without_progress) == (None, 0)
        held = claimed(database, held.job_id)
        assert held.attempt == attempt


@pytest.mark.parametrize("end", ["succeed", "fail", "cancelled", "hand_back"])
def test_a_cancel_that_came_first_wins(database: Database, end: str) -> None:
    held = running(database)
    with database.transaction() as session:
        cancel(session, held.job_id)
    with database.transaction() as session:
        state = {
            "succeed": lambda: succeed(session, held, RESULT, HEALTHY),
            "fail": lambda: fail(session, held, {}),
            "cancelled": lambda: cancelled(session, held),
            "hand_back": lambda: hand_back(session, held),
        }[end]()
    after = job(database, held.job_id)
    assert (state, after.state) == ("cancelled", "cancelled")
    assert (after.result, after.error) == (None, None)
    assert after.finished_at is not None


def test_an_end_that_may_have_been_kept_is_not_repeated(database: Database) -> None:
    held = running(database)
    with database.transaction() as session:
        succeed(session, held, RESULT, HEALTHY)
    with pytest.raises(Fenced), database.transaction() as session:
        succeed(session, held, RESULT, HEALTHY)
    with database.reading() as session:
        assert [event.kind for event in events.after(session, held.job_id, 0)].count("done") == 1
