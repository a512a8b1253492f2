"""A lab's own data."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from service.errors import InvalidExperiment
from service.spec.data.source import Source
from service.spec.frozen import Flag, Frozen
from service.spec.shapes import Shape, Tokens
from service.spec.targets import Target

Count = Annotated[int, Field(strict=True, ge=1, lt=1 << 48)]


class DescribedTarget(Frozen):
    """What is to be predicted of uploaded samples."""

    kind: Literal["classes", "values"]
    size: Count
    class_counts: tuple[Annotated[int, Field(strict=True, ge=0)], ...] | None = None
    """Samples of each class."""
    variance: Annotated[float, Field(ge=0)] | None = None
    """Of real values."""


class Description(Frozen):
    """What training needs to know of uploaded data before it is read."""

    samples: Count
    shape: Annotated[tuple[Count, ...], Field(min_length=1, max_length=3)]
    """Of one sample: [features], [time, features] or [channels, height, width]."""
    vocabulary: Count | None = None
    """One more than the largest of [time] whole numbers, where samples could be read as tokens."""
    target: DescribedTarget


class Uploaded(Source):
    """Data sent to `POST /v1/datasets` as CSV or NPZ: vectors, sequences [time, features] or images
    [channels, height, width]."""

    kind: Literal["uploaded"] = "uploaded"
    normalizes_target: ClassVar[bool] = True
    dataset_id: Annotated[str, Field(pattern=r"^ds_[0-9a-z]{26}$")]
    tokens: Flag = False
    """Reads samples of whole numbers [time] as indices, for an embedding."""
    description: Annotated[Description | None, Field(json_schema_extra={"readOnly": True})] = None
    """What was uploaded: filled in by the service, whatever is sent."""

    def sample_count(self) -> int:
        return self._described().samples

    def sample_shape(self) -> Shape:
        described = self._described()
        if not self.tokens:
            return described.shape
        if described.vocabulary is None:
            detail = "These samples are no lists of whole numbers from 0 on, so they cannot be tokens."
            raise InvalidExperiment(detail, errors=[{"pointer": "/data/source/tokens", "detail": detail}])
        return Tokens(described.shape, described.vocabulary)

    def target(self) -> Target:
        wanted = self._described().target
        return Target(wanted.kind, wanted.size)

    def class_shares(self, step: int) -> tuple[float, ...]:
        counts = self._described().target.class_counts
        return tuple(count / sum(counts) for count in counts) if counts else super().class_shares(step)

    def target_variance(self) -> float | None:
        return self._described().target.variance

    def _described(self) -> Description:
        if self.description is None:
            raise unknown(self.dataset_id)
        return self.description


def unknown(dataset_id: str) -> InvalidExperiment:
    """There is no such dataset, or not any more."""
    detail = f"There is no dataset {dataset_id}; upload it again, or choose another of GET /v1/datasets."
    return InvalidExperiment(detail, errors=[{"pointer": "/data/source/dataset_id", "detail": detail}])


SOURCE = Uploaded
