"""The limits of this service, and the way of an experiment past them into the queue."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from service.api.submission import experiment_of
from service.experiment import Limits, admit
from service.jobs.submit import Submitted, submit
from service.store.database import Database


@dataclass(frozen=True, slots=True)
class Admission:
    """What one request, one experiment and one caller may ask for."""

    max_body_bytes: int
    max_queued_jobs: int
    limits: Limits

    def submit(self, database: Database, body: bytes, principal: str, idempotency_key: str | None) -> Submitted:
        """The job made of `body`. Raises the domain's refusals, each with its place in the body."""
        experiment = experiment_of(body)
        resolved = admit(experiment, self.limits)
        with database.transaction() as session:
            return submit(
                session,
                experiment,
                resolved,
                principal=principal,
                idempotency_key=idempotency_key,
                max_queued=self.max_queued_jobs,
            )


async def _admission(request: Request) -> Admission:
    return request.app.state.admission  # type: ignore[no-any-return]


TheAdmission = Annotated[Admission, Depends(_admission)]
