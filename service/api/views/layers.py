"""The layers of a job."""

from pydantic import BaseModel, ConfigDict


class LayerView(BaseModel):
    """A layer; further keys are `<metric>_first` and `<metric>_last`."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, float | None]

    depth: int
    layer: str
    kind: str
    function: str | None
    parameters: int
    shape: list[int]
    time_steps: int | None
    """Length of the sequence that a recurrent layer reads: it has a `time_delta_norm` for each step."""
