"""A series in as many requests as it takes."""

from collections.abc import Callable
from typing import Any

from gradclinic.errors import Json

Range = tuple[int, int | None]
"""First and last step; None: to the end."""
MOST_POINTS = 5000
"""Of one request."""


def windows(get: Callable[..., Any], path: str, query: Json, max_points: int | None, steps: Range) -> list[Json]:
    """The parts of a series, one behind the other: a single one, unless `max_points` is None and it is a long one."""
    if max_points is not None:
        return [_part(get, path, query, max_points, *steps)]
    while True:
        whole = _part(get, path, query, MOST_POINTS, *steps)
        if len(whole["steps"]) == whole["source_points"]:
            return [whole]
        first = whole["steps"][0]
        last = whole["steps"][-1] + whole["bucket_steps"] - 1 if steps[1] is None else steps[1]
        parts = [
            _part(get, path, query, MOST_POINTS, start, min(start + MOST_POINTS - 1, last))
            for start in range(first, last + 1, MOST_POINTS)
        ]
        # A job that was started again meanwhile has begun a new trace.
        if all(part["attempt"] == whole["attempt"] for part in parts):
            return [part for part in parts if part["steps"]]


def _part(get: Callable[..., Any], path: str, query: Json, max_points: int, first: int, last: int | None) -> Json:
    bounds = {"from_step": first, "max_points": max_points, **({} if last is None else {"to_step": last})}
    part: Json = get(path, params={**query, **bounds, "layout": "columns"})
    return part
