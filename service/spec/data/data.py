"""The data of a run: a source, how it is scaled, and what is held back."""

from typing import TYPE_CHECKING, Annotated, Literal, Union

from pydantic import Field

from service.spec.data import sources
from service.spec.data.source import Source
from service.spec.frozen import Flag, Frozen, Size
from service.spec.units import exported

SOURCES: dict[str, type[Source]] = {
    source.model_fields["kind"].default: source
    for source in exported(sources, "SOURCE")
    if isinstance(source, type) and issubclass(source, Source)
}
if TYPE_CHECKING:
    AnySource = Source
else:
    AnySource = Annotated[Union[tuple(SOURCES.values())], Field(discriminator="kind")]  # noqa: UP007 (built at run time)


class Data(Frozen):
    """Samples for training and validation."""

    source: AnySource
    normalize: Literal["standard", "minmax", "none"] = "standard"
    """`standard`: zero mean, unit variance per feature; `minmax`: to [0, 1]. Fitted on the training part alone.

    Features are the entries of a vector, the last axis of a sequence, and the channels of a signal or an image. Tokens
    are left as they are."""
    normalize_target: Flag | None = None
    """Whether real-valued targets are put to zero mean and unit variance, fitted on the training part alone, and
    losses told in those units; default: for `diabetes` and uploads."""
    shape: Annotated[tuple[Size, ...], Field(min_length=1, max_length=4)] | None = None
    """Shape of one sample: of images [channels, height, width], of sequences [time, features]. Default: as the layer
    that reads them first wants them, so digits are images for a convolution and vectors for a linear layer."""
    validation_fraction: Annotated[float, Field(strict=True, ge=0, le=0.9)] = 0.2
    """Share of the samples held back, drawn by the training seed."""

    @property
    def scales_target(self) -> bool:
        """Whether there are real-valued targets to be put to zero mean and unit variance."""
        asked = self.source.normalizes_target if self.normalize_target is None else self.normalize_target
        return asked and self.source.target().kind == "values"

    @property
    def validation_samples(self) -> int:
        """How many samples are held back; none of fewer than two."""
        return int(self.source.sample_count() * self.validation_fraction)

    @property
    def training_samples(self) -> int:
        """How many samples are trained on."""
        return self.source.sample_count() - self.validation_samples
