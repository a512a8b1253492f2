"""The model every part of a spec derives from, and bounded numbers: strict, finite, never unlimited."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model


class Frozen(BaseModel):
    """Immutable; unknown keys, NaN and Infinity are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True, use_attribute_docstrings=True
    )


def joined(name: str, *bases: type[Frozen], doc: str | None, **fields: Any) -> type[Frozen]:
    """A model with the fields of all `bases`, and `fields` as `name=(type, default)`."""
    # Attribute docstrings are read from source code, which a model made here has none of; those of its bases stay.
    without_source = {"use_attribute_docstrings": False}
    return create_model(name, __base__=bases, __doc__=doc, __cls_kwargs__=without_source, **fields)


MOST = 1_000_000
"""The largest size of anything: features, channels, windows."""
Flag = Annotated[bool, Field(strict=True)]
Seed = Annotated[int, Field(strict=True, ge=0, lt=2**32)]
Size = Annotated[int, Field(strict=True, ge=1, le=MOST)]
Real = Annotated[float, Field(strict=True, ge=-1e30, le=1e30)]
Positive = Annotated[float, Field(strict=True, gt=0, le=1e30)]
NonNegative = Annotated[float, Field(strict=True, ge=0, le=1e30)]
Fraction = Annotated[float, Field(strict=True, ge=0, lt=1)]

# No dots: Grafana reads a dot in a JSON key as nesting.
Name = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9 _+\-]*$")]
