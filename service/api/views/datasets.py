"""Uploaded data."""

from typing import Literal

from service.api.views.shape import Moment, Shape


class ColumnStatistics(Shape):
    """Of numbers as they came."""

    min: float
    max: float
    mean: float
    std: float


class NamedColumn(ColumnStatistics):
    """A feature."""

    name: str


class ShortTarget(Shape):
    """What is to be predicted."""

    name: str
    """The column or array it came from."""
    kind: Literal["classes", "values"]
    size: int
    """How many classes, or how many real values for each sample."""


class DatasetTarget(ShortTarget):
    """What is to be predicted."""

    classes: list[str] | None
    """The label of each class, sorted: class 0 is the first."""
    counts: list[int] | None
    """Samples of each class."""
    statistics: ColumnStatistics | None
    """Of real values."""


class DatasetRow(Shape):
    """Uploaded data, in a list."""

    id: str
    name: str
    created_at: Moment
    format: Literal["csv", "npz"]
    bytes: int
    """Of the file as it was sent."""
    sha256: str
    """Of the file as it was sent."""
    samples: int
    shape: list[int]
    """Of one sample: [features], [time, features] or [channels, height, width]."""
    dtype: str
    """As it was sent; kept as float32."""
    vocabulary: int | None
    """One more than the largest of [time] whole numbers: what `tokens` of the source would read."""
    target: ShortTarget
    statistics: ColumnStatistics
    """Of all samples together."""
    source: dict[str, str]
    """What an experiment's `data.source` takes."""
    links: dict[str, str]


class DatasetView(DatasetRow):
    """Uploaded data."""

    target: DatasetTarget
    columns: list[NamedColumn]
    """The first 256 features, where samples are vectors."""


class DatasetPage(Shape):
    """Some datasets, newest first."""

    data: list[DatasetRow]
    has_more: bool
    next_cursor: str | None
