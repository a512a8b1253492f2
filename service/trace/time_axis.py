"""Where the columns of `time_delta_norm` sit: which recurrent layer, and which time step of its input."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.spec.layers import Recurrent
from service.spec.network import PlacedLayer

METRIC = "time_delta_norm"
MOST_TIMES = 256
"""Time steps kept of one layer; longer sequences are seen at so many of theirs."""


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """One time step of one recurrent layer."""

    name: str
    """The layer's name and the time, zero padded: columns of a layer sort by time."""
    layer: str
    time: int
    """Index into the sequence; 0 comes first whichever way the layer runs."""


def is_recurrent(placed: PlacedLayer) -> bool:
    """Whether a layer has a time axis."""
    return isinstance(placed.layer, Recurrent)


def chosen_times(steps: int) -> tuple[int, ...]:
    """At most `MOST_TIMES` of `steps` time steps, evenly spread, the first and the last among them."""
    if steps <= MOST_TIMES:
        return tuple(range(steps))
    return tuple(index * (steps - 1) // (MOST_TIMES - 1) for index in range(MOST_TIMES))


def time_axis(placed: Iterable[PlacedLayer]) -> tuple[TimeColumn, ...]:
    """The columns of all recurrent layers, by depth and then by time."""
    return tuple(
        TimeColumn(f"{layer.name} t{time:0{len(str(layer.in_shape[0] - 1))}d}", layer.name, time)
        for layer in placed
        if is_recurrent(layer)
        for time in chosen_times(layer.in_shape[0])
    )


def time_columns(placed: Iterable[PlacedLayer]) -> tuple[str, ...]:
    """The names of the columns, in their order."""
    return tuple(column.name for column in time_axis(placed))


def time_column_count(placed: Iterable[PlacedLayer]) -> int:
    """How many columns there are, by arithmetic alone."""
    return sum(min(layer.in_shape[0], MOST_TIMES) for layer in placed if is_recurrent(layer))
