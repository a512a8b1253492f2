"""Findings."""

from typing import Annotated

from service.api.views.shape import Json, described
from service.diagnosis.finding import Finding


class FindingRow(Finding):
    """A finding, and the same as scalars for annotations."""

    time: str | None
    timeEnd: str | None  # noqa: N815 (Grafana's name)
    title: str
    text: str
    tags: str
    step: int
    layer: str


FindingRows = list[Annotated[Json, described(FindingRow)]]
