"""What is sent with a dataset."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from service.datasets.workplace import TargetKind

_blank = BeforeValidator(lambda text: text.strip() or None)
Text = Annotated[Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] | None, _blank]


class UploadFields(BaseModel):
    """What may be said of an uploaded file."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    name: Text = None
    """Default: the file's own."""
    target: Text = None
    """The column, or array, to be predicted. Default: a CSV file's last column; an NPZ file's `y`."""
    target_kind: Annotated[TargetKind, BeforeValidator(lambda text: text.strip() or "auto")] = "auto"
    """`auto`: text names classes; so do whole numbers, if there are at most 20 different ones or no gap between them,
    and each comes twice on average."""


class UploadForm(UploadFields):
    """A file and what may be said of it."""

    file: Annotated[str, Field(json_schema_extra={"contentMediaType": "application/octet-stream"})]
    """CSV: UTF-8, a header, numbers in every column but the target's. NPZ, as `numpy.savez` writes it: samples `x`
    [N, features], [N, time, features] or [N, channels, height, width] and targets `y` [N] or [N, outputs]."""
