"""The way into the service."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Self

from gradclinic import address
from gradclinic.connection import Connection
from gradclinic.errors import Json
from gradclinic.experiment import Experiment, body
from gradclinic.job import Job, path_of
from gradclinic.submission import JSON, submitted

_PAGE = 200


class Client:
    """A Gradient Clinic at `url`, by default that of `GRADCLINIC_URL`, or else the one of this machine.

    `key`: default `GRADCLINIC_API_KEY`. `patience`: how many seconds a request is repeated while the service is busy
    or out of reach. Every call raises `Unreachable` where no service answers, and `Refused` where it says no.
    """

    def __init__(self, url: str | None = None, key: str | None = None, *, patience: float = 60.0) -> None:
        self._connection = Connection(url or address.address(), key or address.key(), patience)

    @property
    def url(self) -> str:
        """The address of the service."""
        return self._connection.url

    def submit(self, experiment: Experiment, *, idempotency_key: str | None = None) -> Job:
        """Sends an experiment to be trained: an object, or the path of a JSON file. The job, queued.

        Sent again after a fault it is still one job; so is what is sent within a day under the same
        `idempotency_key`, by default a new one each time.
        """
        return Job(self._connection, submitted(self._connection, experiment, idempotency_key))

    def preflight(self, experiment: Experiment) -> Json:
        """What would be trained and what it takes, without training it: layers, estimate, theory, warnings."""
        sent = {"content": body(experiment), "headers": JSON}
        told: Json = self._connection.post("/v1/preflight", repeatable=True, **sent)
        return told

    def job(self, job_id: str) -> Job:
        """A job by its id."""
        return Job(self._connection, self._connection.get(path_of(job_id)))

    def jobs(
        self, *, state: str | Iterable[str] = (), labels: Mapping[str, str] | None = None, limit: int | None = None
    ) -> Iterator[Job]:
        """Jobs, newest first: those in one of the states `state`, with all of `labels`, at most `limit`."""
        states = [state] if isinstance(state, str) else list(state)
        wanted = [("state", each) for each in states] + [("label", f"{k}:{v}") for k, v in (labels or {}).items()]
        return islice(self._pages(wanted, min(limit or _PAGE, _PAGE)), limit)

    def catalog(self) -> Json:
        """Every layer, activation, source, optimizer, remedy, rule and metric that the service knows."""
        told: Json = self._connection.get("/v1/catalog")
        return told

    def ready(self) -> bool:
        """Whether a service answers; asked once, without raising."""
        return self._connection.ready()

    def close(self) -> None:
        """Ends the client, and what its jobs can ask. Happens by itself when it and all its jobs are gone."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client of {self.url}>"

    def _pages(self, wanted: list[tuple[str, Any]], size: int) -> Iterator[Job]:
        after: list[tuple[str, Any]] = []
        while True:
            page = self._connection.get("/v1/jobs", params=[*wanted, ("limit", size), *after])
            yield from (Job(self._connection, document) for document in page["data"])
            if not page["has_more"]:
                return
            after = [("after", page["next_cursor"])]
