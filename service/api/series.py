"""What a client asks of a series: which one, how much of it, and in which shape."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from service.api.parameters import blank_is
from service.trace.downsample import Aggregate
from service.trace.metrics import CURVES, METRICS

Layout = Literal["columns", "wide", "long", "csv"]
_LAST_STEP = 2**53
_StepNumber = Annotated[int, Field(ge=0, le=_LAST_STEP)]


def _named(table: Iterable[str]) -> AfterValidator:
    names = list(table)

    def known(name: str) -> str:
        if name not in names:
            raise ValueError(f"There is no such metric; there are: {', '.join(names)}.")
        return name

    return AfterValidator(known)


def _split(value: Any) -> Any:
    """Commas may separate what could be repeated: no layer has one in its name."""
    return [part for item in value for part in item.split(",") if part] if isinstance(value, list) else value


class SeriesQuery(BaseModel):
    """The parameters that series of layers and of the whole network share."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    layout: Annotated[Layout, blank_is("columns")] = "columns"
    """`wide` and `long`: root arrays of flat rows; `csv`: `wide` as text."""
    agg: Annotated[Aggregate, blank_is("max")] = "max"
    """What a point says of the steps that it stands for."""
    max_points: Annotated[Annotated[int, Field(ge=1, le=5000)], blank_is(500)] = 500
    """Most points of a series."""
    from_step: Annotated[_StepNumber, blank_is(0)] = 0
    """First optimizer step."""
    to_step: Annotated[_StepNumber, blank_is(_LAST_STEP)] = _LAST_STEP
    """Last optimizer step, included."""
    value: Annotated[Literal["raw", "log10"], blank_is("raw")] = "raw"
    """`log10`: null where a value is not positive."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.from_step > self.to_step:
            raise ValueError("The range is empty: from_step lies behind to_step.")
        return self


class TraceQuery(SeriesQuery):
    """Which per-layer series."""

    metric: Annotated[str, _named(METRICS), Field(json_schema_extra={"enum": list(METRICS)})]
    layers: Annotated[list[str], BeforeValidator(_split), Field(max_length=4096)] = []
    """Names, comma separated or repeated; all of them if none is given. Of `time_delta_norm`: of layers or columns."""


class CurveQuery(SeriesQuery):
    """Which whole-network series."""

    metric: Annotated[str, _named(CURVES), Field(json_schema_extra={"enum": list(CURVES)})]
