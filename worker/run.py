"""One job from claim to end, on one screen: build → train → trace → diagnose → store."""

import logging
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from service.diagnosis import Diagnosis, Finding, conclude, diagnose, hopeless
from service.diagnosis.hopeless import broken
from service.jobs import finish
from service.jobs.claim import Claim, Fenced
from service.jobs.progress import flush
from service.jobs.result import Result, first_reached
from service.spec.run import layer_rows
from service.store.database import Database
from service.trace.chunk import Chunk
from service.trace.recorded import Recorded
from service.trace.trace import Trace
from worker import threads
from worker.failure import problem
from worker.persist import persist
from worker.train.engine import Engine

_log = logging.getLogger(__name__)
_GROWTH = 1.5
"""A trace is diagnosed anew when it has grown by this factor: all rounds together then cost a few of the last one."""


def run(
    claim: Claim,
    database: Database,
    *,
    device: str,
    lease_seconds: float,
    chunk_steps: int,
    chunk_seconds: float,
    stop: Callable[[], bool],
    datasets: Path | None = None,
) -> None:
    """Trains the claimed job to its end, hands it back when `stop` says so, or lets it go when it is another's.

    A network that diverges succeeds with findings; what the service could not do fails with a problem. `datasets`:
    the folder of uploads.
    """
    try:
        _train(_Job(claim, database, device, lease_seconds, chunk_steps, datasets), chunk_seconds, stop)
    except Fenced:
        _log.warning("attempt %d of this job is not ours any more", claim.attempt)
    except Exception as error:  # noqa: BLE001 (whatever it was, its owner must be told and the next job run)
        _log.exception("the job failed")
        failure = problem(error)
        try:
            persist(database, lambda session: finish.fail(session, claim, failure))
        except Fenced:
            _log.warning("attempt %d of this job is not ours any more", claim.attempt)


_PATIENCE = 0.01
"""Share of its time so far that a slow run waits between flushes: a row for every step would be mostly headers."""


class _Job:
    """What one job has come to so far."""

    def __init__(
        self,
        claim: Claim,
        database: Database,
        device: str,
        lease_seconds: float,
        chunk_steps: int,
        datasets: Path | None,
    ) -> None:
        self.claim = claim
        self.database = database
        self.lease_seconds = lease_seconds
        threads.pin(claim.run)
        self.engine = Engine(claim.run, torch.device(device), chunk_steps=chunk_steps, datasets=datasets)
        self.trace = Trace(layer_rows(claim.run))
        self.behind: list[Chunk] = []
        """Recorded, and not in the trace yet: joining it at every flush would copy all of it each time."""
        self.started = time.monotonic()
        self.diagnosed_steps = 16 / _GROWTH
        self.hopeless: Finding | None = None
        """For which the run ends before its last step."""

    def flush(self, step: int) -> bool:
        """Stores what was recorded up to and with `step`; whether a cancel was asked for."""
        chunks = self._drain()
        diagnosis = self._provisional(step + 1, self._stops(step) and _break(chunks))
        return persist(
            self.database,
            lambda session: flush(
                session,
                self.claim,
                step=step + 1,
                steps_per_second=self._speed(step),
                chunks=chunks,
                diagnosis=diagnosis,
                lease_seconds=self.lease_seconds,
            ),
        )

    def succeed(self, step: int) -> None:
        """Stores the last chunks, the diagnosis of the whole trace and the result; `step` was the last one taken."""
        chunks = self._drain()
        diagnosis = conclude(self._diagnose())
        result = self._result(step)
        speed = self._speed(step)
        persist(
            self.database,
            lambda session: finish.succeed(session, self.claim, result, diagnosis, chunks, steps_per_second=speed),
        )

    def _drain(self) -> Sequence[Recorded]:
        series = self.engine.recorder.drain()
        self.behind += series
        return [*series, *self.engine.recorder.drain_histograms()]

    def _diagnose(self) -> tuple[Finding, ...]:
        self.trace, self.behind = self.trace.extended(self.behind), []
        return diagnose(self.trace, self.claim.run)

    def _stops(self, step: int) -> bool:
        return self.claim.run.on_finding == "stop" and step + 1 < self.engine.total_steps

    def _provisional(self, steps: int, at_once: bool) -> Diagnosis | None:
        if steps < self.diagnosed_steps * _GROWTH and not at_once:
            return None
        self.diagnosed_steps = steps
        findings = self._diagnose()
        if self._stops(steps - 1):
            self.hopeless = hopeless(findings, self.trace, self.claim.run)
        return Diagnosis(status="pending", verdict=None, findings=findings)

    def _speed(self, step: int) -> float:
        return (step + 1) / max(time.monotonic() - self.started, 1e-9)

    def _result(self, step: int) -> Result:
        engine = self.engine
        training = engine.evaluate(engine.split.training)
        validation = engine.evaluate(engine.split.validation) if engine.split.validation else (None, None)
        loss, accuracy, validation_loss, validation_accuracy = map(_finite, (*training, *validation))
        target = engine.run.training.target
        reached = first_reached(target, self.trace) if target else None
        return Result(
            loss=loss,
            accuracy=accuracy,
            validation_loss=validation_loss,
            validation_accuracy=validation_accuracy,
            trace_overhead=engine.recorder.overhead,
            target_reached=reached is not None if target else None,
            target_step=reached,
            stopped_at=step + 1 if self.hopeless else None,
            stopped_by=self.hopeless.rule if self.hopeless else None,
        )


def _train(job: _Job, chunk_seconds: float, stop: Callable[[], bool]) -> None:
    due = time.monotonic() + chunk_seconds
    for step in job.engine.train():
        stopping = stop() and step + 1 < job.engine.total_steps
        if stopping or job.engine.recorder.full or time.monotonic() >= due:
            if job.flush(step):
                persist(job.database, lambda session: finish.cancelled(session, job.claim))
                return
            if stopping:
                persist(job.database, lambda session: finish.hand_back(session, job.claim))
                return
            if job.hopeless:
                break
            due = time.monotonic() + max(chunk_seconds, _PATIENCE * (time.monotonic() - job.started))
    job.succeed(step)


def _break(chunks: Sequence[Recorded]) -> bool:
    """Whether weights have stopped being numbers, which is worth a diagnosis at once."""
    return any(broken(chunk.values) for chunk in chunks if isinstance(chunk, Chunk) and chunk.metric == "weight_norm")


def _finite(value: torch.Tensor | None) -> float | None:
    number = math.nan if value is None else float(value)
    return number if math.isfinite(number) else None
