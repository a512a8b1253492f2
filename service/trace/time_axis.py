"""Where the columns of `time_delta_norm` sit: which recurrent layer, and which time step of its input."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.spec.layers import Recurrent
from service.spec.network import PlacedLayer

METRIC = "time_delta_norm"
MOST_TIMES = 256
"""Time steps kept of one layer; longer sequences are seen at so many of theirs."""
MOST_COLUMNS = 4096
"""Those of sixteen layers: more share them, for a view of all is a point of each at every step."""


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


def chosen_times(steps: int, most: int = MOST_TIMES) -> tuple[int, ...]:
    """At most `most` of `steps` time steps, evenly spread, the first and the last among them."""
    if steps <= most:
        return tuple(range(steps))
    return tuple(index * (steps - 1) // (most - 1) for index in range(most))


def times_of(placed: Sequence[PlacedLayer]) -> dict[int, tuple[int, ...]]:
    """The time steps kept of each recurrent layer, by its index."""
    recurrent = {row: layer.in_shape[0] for row, layer in enumerate(placed) if is_recurrent(layer)}
    most = min(MOST_TIMES, MOST_COLUMNS // max(1, len(recurrent)))
    return {row: chosen_times(steps, most) for row, steps in recurrent.items()}


def time_axis(placed: Sequence[PlacedLayer]) -> tuple[TimeColumn, ...]:
    """The columns of all recurrent layers, by depth and then by time."""
    return tuple(
        TimeColumn(f"{layer.name} t{time:0{len(str(layer.in_shape[0] - 1))}d}", layer.name, time)
        for row, times in times_of(placed).items()
        for layer in [placed[row]]
        for time in times
    )


def time_columns(placed: Sequence[PlacedLayer]) -> tuple[str, ...]:
    """The names of the columns, in their order."""
    return tuple(column.name for column in time_axis(placed))


def time_column_count(placed: Sequence[PlacedLayer]) -> int:
    """How many columns there are."""
    return sum(map(len, times_of(placed).values()))
