"""One job from claim to end, on both databases."""

from typing import Any

import numpy as np
import orjson
import pytest

from service.diagnosis import Diagnosis
from service.experiment import Experiment
from service.jobs import cancel
from service.jobs.claim import Claim, claim
from service.jobs.submit import submit
from service.store import jobs, traces
from service.store.database import Database
from service.store.tables import Job
from service.trace.chunk import decode
from service.trace.histogram import steps_of
from service.trace.metrics import CURVES, METRICS
from tests.experiments import activation, body, deep, linear, repeat
from tests.worker.recording import EVERYTHING
from worker.run import run

EAGER: dict[str, Any] = {"device": "cpu", "lease_seconds": 30.0, "chunk_steps": 8, "chunk_seconds": 60.0}


def claimed(database: Database, sent: dict[str, Any]) -> Claim:
    experiment = Experiment.model_validate(sent)
    with database.transaction() as session:
        submitted = submit(
            session, experiment, experiment.resolved(), principal="me", idempotency_key=None, max_queued=10
        )
    held = take(database, submitted.job.id)
    assert held is not None
    return held


def take(database: Database, job_id: str) -> Claim | None:
    with database.transaction() as session:
        return claim(session, job_id, worker_id="w", device="cpu", lease_seconds=30)


def stored(database: Database, job_id: str) -> Job:
    with database.reading() as session:
        return jobs.get(session, job_id)


def steps(database: Database, job_id: str, metric: str) -> list[int]:
    with database.reading() as session:
        rows = traces.read(session, job_id, "layer", metric)
    return [int(step) for row in rows for step in decode(row).steps]


def test_a_job_succeeds_with_its_whole_trace(database: Database) -> None:
    held = claimed(database, body(trace=EVERYTHING))
    run(held, database, stop=lambda: False, **EAGER)
    job = stored(database, held.job_id)
    assert (job.state, job.step) == ("succeeded", 20)
    diagnosis = Diagnosis.model_validate_json(job.diagnosis or "")
    assert (diagnosis.status, diagnosis.verdict) == ("healthy", "healthy")
    result = orjson.loads(job.result or "")
    assert 0 < result["loss"] < 2.3
    assert result["trace_overhead"] > 0
    for metric in METRICS.keys() - {"time_delta_norm"}:
        assert steps(database, held.job_id, metric) == list(range(20)), metric
    with database.reading() as session:
        of_float16 = {"loss_scale", "skipped_steps"}
        assert set(traces.metrics(session, held.job_id, "curve")) == CURVES.keys() - of_float16
        index = traces.histogram_index(session, held.job_id)
    kept = [steps_of(row.summary) for row in index]
    assert [step for steps, _ in kept for step in steps] == list(range(20))
    assert {layers for _, layers in kept} == {("00 linear", "02 linear")}


def test_a_recurrent_job_in_float16_stores_what_is_its_own(database: Database) -> None:
    layers = ({"kind": "rnn", "hidden_size": 4, "output": "sequence"}, {"kind": "lstm", "hidden_size": 4}, linear(10))
    held = claimed(database, body(*layers, training={"steps": 4, "precision": "float16"}, trace=EVERYTHING))
    run(held, database, stop=lambda: False, **EAGER)
    assert stored(database, held.job_id).state == "succeeded"
    with database.reading() as session:
        assert set(traces.metrics(session, held.job_id, "curve")) == set(CURVES)
        [row] = traces.read(session, held.job_id, "layer", "time_delta_norm")
    chunk = decode(row)
    assert chunk.layers[::7] == ("00 rnn t0", "00 rnn t7", "01 lstm t6")
    assert chunk.values.shape == (4, 16)
    assert (chunk.values > 0).all()


@pytest.mark.parametrize(
    ("target", "reached"),
    [
        ({"metric": "accuracy", "value": 0.5}, True),
        ({"metric": "validation_loss", "value": 2.0}, True),
        ({"metric": "loss", "value": 1e-6}, False),
        (None, None),
    ],
)
def test_the_result_tells_whether_the_target_was_reached(
    database: Database, target: dict[str, Any] | None, reached: bool | None
) -> None:
    held = claimed(database, body(training={"target": target, "validate_every": 3}))
    run(held, database, stop=lambda: False, **EAGER)
    result = orjson.loads(stored(database, held.job_id).result or "")
    assert result["target_reached"] is reached
    if not target or not reached:
        assert result["target_step"] is None
        return
    with database.reading() as session:
        chunks = [decode(row) for row in traces.read(session, held.job_id, "curve", target["metric"])]
    sign = 1 if target["metric"] == "accuracy" else -1
    good = [
        int(step)
        for chunk in chunks
        for step, value in zip(chunk.steps, chunk.values[:, 0], strict=True)
        if sign * value >= sign * target["value"]
    ]
    assert result["target_step"] == good[0]


def test_a_network_that_diverges_is_a_job_that_succeeded(database: Database) -> None:
    init = {"scheme": "normal", "std": 0.375}
    held = claimed(database, deep("relu", init=init, training={"batch_size": 128, "steps": 40}))
    run(held, database, stop=lambda: False, **EAGER)
    job = stored(database, held.job_id)
    assert job.state == "succeeded"
    diagnosis = Diagnosis.model_validate_json(job.diagnosis or "")
    assert diagnosis.verdict in ("exploding_gradient", "non_finite")
    assert diagnosis.findings[0].layers
    assert diagnosis.findings[0].first_step is not None
    assert b"NaN" not in (job.diagnosis or "").encode()
    assert b"NaN" not in (job.result or "").encode()


BROKEN = deep("relu", init={"scheme": "normal", "std": 0.375}, training={"batch_size": 128, "steps": 400})
VANISHED = deep("sigmoid", training={"batch_size": 32, "steps": 400})


@pytest.mark.parametrize(("sent", "rule"), [(BROKEN, "exploding_gradient"), (VANISHED, "vanishing_gradient")])
def test_a_hopeless_run_stops_where_its_owner_wants_it_to(database: Database, sent: dict[str, Any], rule: str) -> None:
    held = claimed(database, {**sent, "on_finding": "stop"})
    run(held, database, stop=lambda: False, **EAGER)
    job = stored(database, held.job_id)
    result = orjson.loads(job.result or "")
    assert (job.state, result["stopped_by"]) == ("succeeded", rule)
    assert result["stopped_at"] == job.step < job.total_steps / 2
    assert steps(database, held.job_id, "grad_norm") == list(range(job.step))
    diagnosis = Diagnosis.model_validate_json(job.diagnosis or "")
    assert (diagnosis.status, diagnosis.verdict) == ("issues_found", rule)


def test_broken_weights_stop_a_run_at_the_next_flush(database: Database) -> None:
    held = claimed(database, {**BROKEN, "on_finding": "stop"})
    run(held, database, stop=lambda: False, **EAGER)
    assert stored(database, held.job_id).step == EAGER["chunk_steps"]


HOPEFUL = [
    pytest.param({**BROKEN, "training": {**BROKEN["training"], "steps": 40}}, id="who does not ask goes on to the end"),
    pytest.param(body(training={"steps": 60}, on_finding="stop"), id="a healthy one"),
    pytest.param(deep("sigmoid", training={"steps": 40}, on_finding="stop"), id="too few steps to be sure"),
    pytest.param(
        deep(
            "sigmoid",
            training={"steps": 150, "lr_schedule": {"name": "linear", "warmup_steps": 149}},
            on_finding="stop",
        ),
        id="the learning rate still rises",
    ),
]


@pytest.mark.parametrize("sent", HOPEFUL)
def test_a_run_that_may_recover_goes_to_its_end(database: Database, sent: dict[str, Any]) -> None:
    held = claimed(database, sent)
    run(held, database, stop=lambda: False, **EAGER)
    job = stored(database, held.job_id)
    result = orjson.loads(job.result or "")
    assert (job.state, job.step) == ("succeeded", job.total_steps)
    assert (result["stopped_at"], result["stopped_by"]) == (None, None)


def test_a_cancel_is_seen_at_the_next_flush_and_the_trace_is_kept(database: Database) -> None:
    held = claimed(database, body(training={"steps": 10_000}))
    with database.transaction() as session:
        cancel.cancel(session, held.job_id)
    run(held, database, stop=lambda: False, **EAGER)
    assert stored(database, held.job_id).state == "cancelled"
    assert steps(database, held.job_id, "grad_norm") == list(range(8))


def test_a_worker_that_is_told_to_stop_hands_the_job_back(database: Database) -> None:
    held = claimed(database, body())
    run(held, database, stop=lambda: True, **EAGER)
    job = stored(database, held.job_id)
    assert (job.state, job.losses_without_progress) == ("queued", 0)
    again = take(database, held.job_id)
    assert again
    run(again, database, stop=lambda: False, **EAGER)
    assert stored(database, held.job_id).state == "succeeded"
    assert steps(database, held.job_id, "grad_norm") == list(range(20))


def test_a_worker_whose_job_was_taken_away_writes_nothing(database: Database) -> None:
    held = claimed(database, body())
    stale = Claim(held.job_id, held.attempt - 1, held.total_steps, held.resolved)
    run(stale, database, stop=lambda: False, **EAGER)
    assert stored(database, held.job_id).state == "running"
    assert steps(database, held.job_id, "grad_norm") == []


def test_what_the_service_cannot_do_fails_with_a_problem_and_no_traceback(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = claimed(database, body())

    def broken(*_: object) -> None:
        raise RuntimeError("a secret path /etc/passwd")

    monkeypatch.setattr("worker.run.layer_rows", broken)
    run(held, database, stop=lambda: False, **EAGER)
    job = stored(database, held.job_id)
    assert job.state == "failed"
    assert orjson.loads(job.error or "")["type"] == "/problems/worker-error"
    assert "passwd" not in (job.error or "")


def test_every_value_is_what_was_recorded(database: Database) -> None:
    sent = body(repeat(3, linear(12), activation("tanh")), linear(10), trace=EVERYTHING)
    first, again = claimed(database, sent), claimed(database, sent)
    run(first, database, stop=lambda: False, **EAGER)
    run(again, database, stop=lambda: False, **{**EAGER, "chunk_steps": 3})
    for metric in METRICS.keys() - {"time_delta_norm"}:
        values = []
        for held in (first, again):
            with database.reading() as session:
                rows = traces.read(session, held.job_id, "layer", metric)
            values.append(np.concatenate([decode(row).values for row in rows]))
        np.testing.assert_array_equal(values[0], values[1])
