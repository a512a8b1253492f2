"""What the service has and says."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from service.api.views.shape import Shape


class CatalogEntry(Shape):
    """One unit of the service; metrics and rules say more of themselves."""

    model_config = ConfigDict(extra="allow")

    name: str
    doc: str
    reference: str
    schema_: Annotated[dict[str, Any], Field(alias="schema")]


class Catalog(Shape):
    """Everything an experiment can name, and everything the service says of it."""

    layers: list[CatalogEntry]
    activations: list[CatalogEntry]
    init_schemes: list[CatalogEntry]
    sources: list[CatalogEntry]
    losses: list[CatalogEntry]
    optimizers: list[CatalogEntry]
    schedules: list[CatalogEntry]
    remedies: list[CatalogEntry]
    rules: list[CatalogEntry]
    profiles: list[CatalogEntry]
    """Other tools, whose rules `GET /v1/jobs/{id}/findings?profile=` restates."""
    metrics: list[CatalogEntry]
    curves: list[CatalogEntry]
