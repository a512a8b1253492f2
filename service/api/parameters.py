"""Query and path parameters. An empty one counts as absent: dashboards send variables that are not set that way."""

from typing import Annotated, Any

from fastapi import Header, Path, Query
from pydantic import BeforeValidator, Field, StringConstraints

from service.jobs.state import State

JOB_ID = r"^job_[0-9a-z]{26}$"
_DATASET_ID = r"^ds_[0-9a-z]{26}$"
# What PostgreSQL cannot hold is in no label.
_LABEL = r"^[^\x00:]{1,63}:[^\x00]{0,200}$"


def blank_is(default: object) -> BeforeValidator:
    """Reads an empty parameter as `default`."""
    return BeforeValidator(lambda value: default if value == "" else value)


def _filled(value: Any) -> Any:
    return [item for item in value if item != ""] if isinstance(value, list) else value


JobId = Annotated[str, Path(pattern=JOB_ID, description="Id of a job.", examples=["job_01kbs8zq6ma9vk2yh3cx7dw5pe"])]
DatasetId = Annotated[
    str, Path(pattern=_DATASET_ID, description="Id of a dataset.", examples=["ds_01kbs8zq6ma9vk2yh3cx7dw5pe"])
]
States = Annotated[list[State], BeforeValidator(_filled), Query(alias="state", description="Repeatable.")]
Labels = Annotated[
    list[Annotated[str, StringConstraints(pattern=_LABEL)]],
    BeforeValidator(_filled),
    Query(alias="label", max_length=16, description="`key:value`; repeatable, a job must have them all."),
]
NamePart = Annotated[
    Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")],
    Query(alias="q", description="Part of the name, in capitals or not."),
]
# Constraints stand inside: around a validator they would hold, but the OpenAPI document would not tell of them.
PageLimit = Annotated[
    Annotated[int, Field(ge=1, le=200)], blank_is(50), Query(alias="limit", description="Most jobs of one page.")
]
After = Annotated[
    Annotated[str, StringConstraints(pattern=JOB_ID)] | None,
    blank_is(None),
    Query(alias="after", description="`next_cursor` of the page before."),
]
AfterDataset = Annotated[
    Annotated[str, StringConstraints(pattern=_DATASET_ID)] | None,
    blank_is(None),
    Query(alias="after", description="`next_cursor` of the page before."),
]

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x20-\x7e]+$",
        description="The same key and body within a day give the same job; another body is refused.",
    ),
]
LastEventId = Annotated[
    int | None, Header(alias="Last-Event-ID", ge=0, le=2**62, description="Continues after this event.")
]
