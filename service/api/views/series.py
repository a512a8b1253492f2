"""Series of layers, as columns and as rows."""

from pydantic import BaseModel, ConfigDict

from service.api.views.shape import Moment, Shape


class Columns(Shape):
    """A series for each layer on one step grid."""

    metric: str
    unit: str
    agg: str
    attempt: int
    bucket_steps: int
    """Optimizer steps that one point stands for."""
    source_points: int
    steps: list[int]
    layers: list[str]
    """Names of the columns: layers, or time steps of recurrent layers."""
    of_layer: list[str] | None = None
    """The layer of each column; only where columns are time steps."""
    times: list[int] | None = None
    """The time step of each column, the first is 0; only where columns are time steps."""
    values: list[list[float | None]]
    """`values[layer][point]`; null where there is no finite number."""
    nonfinite: list[list[int]]
    """How many NaN and infinite values each point stands for."""


class WideRow(BaseModel):
    """A step; further keys are layers."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, float | None]

    step: int
    time: Moment


class LongRow(Shape):
    """A step of a layer."""

    step: int
    time: Moment
    layer: str
    depth: int
    """Depth of the layer; the time step where columns are time steps."""
    value: float | None
