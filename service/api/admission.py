"""The limits of this service, and the way of an experiment past them into the queue."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from service.api.submission import experiment_of
from service.datasets.describe import described
from service.experiment import Experiment
from service.jobs.submit import Submitted, submit
from service.preflight.admission import Limits, admit
from service.preflight.preflight import Preflight, preflight
from service.store.database import Database


@dataclass(frozen=True, slots=True)
class Admission:
    """What one request, one experiment and one caller may ask for."""

    max_body_bytes: int
    max_queued_jobs: int
    limits: Limits

    def experiment(self, database: Database, body: bytes) -> Experiment:
        """The experiment that a body says. Raises the domain's refusals, each with its place in the body."""
        return described(database, experiment_of(body))

    def submit(self, database: Database, body: bytes, principal: str, idempotency_key: str | None) -> Submitted:
        """The job made of `body`. Raises as `experiment` does, and `TooLarge`."""
        experiment = self.experiment(database, body)
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

    def preflight(self, database: Database, body: bytes) -> Preflight:
        """What can be said of `body` before it is trained. Raises as `experiment` does."""
        return preflight(self.experiment(database, body), self.limits)


async def _admission(request: Request) -> Admission:
    return request.app.state.admission  # type: ignore[no-any-return]


TheAdmission = Annotated[Admission, Depends(_admission)]
