"""What Infinity's backend parser makes of an answer, and the rules that an answer therefore keeps."""

import re
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import httpx

from tests.api.serving import json_of

Row = dict[str, Any]
_SAMPLING = re.compile(r"agg=max; bucket_steps=(\d+); points=(\d+); source_points=(\d+)")
_NUMBER = re.compile(r"(?<=:)-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?=[,}])", re.IGNORECASE)


def rows_of(answer: httpx.Response) -> list[Any]:
    """The rows of an answer that needs no configuration: 200, a root array, JSON as the standard says."""
    rows = json_of(answer, 200)
    assert answer.content, "Infinity takes an empty body for an error"
    assert isinstance(rows, list)
    return rows


def check_wide(answer: httpx.Response, max_points: int) -> list[Row]:
    """The rows of a wide answer, which keep every rule there is for them."""
    rows: list[Row] = rows_of(answer)
    sampling = _SAMPLING.fullmatch(answer.headers["x-sampling"])
    assert sampling
    assert len(rows) <= min(max_points, int(sampling[2]))
    assert all(before["step"] < after["step"] for before, after in pairwise(rows))
    assert len({tuple(row) for row in rows}) <= 1, "rows differ in their keys"
    for row in rows:
        assert isinstance(row["step"], int)
        _moment(row["time"])
    for name in columns_of(rows) - {"step", "time"}:
        check_name(name)
        values = [row[name] for row in rows]
        assert {type(value) for value in values} <= {float, int, type(None)}, f"{name} mixes types"
        assert any(value is not None for value in values), f"{name} would become text"
    check_digits(answer)
    return rows


def check_name(name: str) -> None:
    """A dot would mean nesting, and a heatmap takes rows that are all numbers for buckets."""
    assert "." not in name
    assert not re.fullmatch(r"[\d\s]+", name)


def check_digits(answer: httpx.Response) -> None:
    """A number that is no step has four significant digits at most."""
    text = re.sub(r'"(step|depth)":\d+', '"":null', answer.text)
    for number in _NUMBER.findall(text):
        assert len(Decimal(number).normalize().as_tuple().digits) <= 4, number


def columns_of(rows: list[Row]) -> set[str]:
    """The names of the columns, found in the first row as in any other."""
    return set(rows[0]) if rows else set()


def framed(rows: list[Row], declared: list[dict[str, str]]) -> dict[str, list[Any]]:
    """The frame that Infinity makes: with declared columns these alone, else all of them in alphabetical order."""
    if not declared:
        return {name: [row[name] for row in rows] for name in sorted(columns_of(rows))}
    for column in declared:
        for row in rows:
            assert column["selector"] in row, f"{column['selector']} is not in {sorted(row)}"
            _check_type(row[column["selector"]], column["type"])
    return {column["text"]: [row[column["selector"]] for row in rows] for column in declared}


def _check_type(value: Any, kind: str) -> None:
    if value is None:
        return
    match kind:
        case "timestamp":
            _moment(value)
        case "number":
            assert type(value) in (int, float)
        case _:
            assert isinstance(value, str)


def _moment(value: str) -> None:
    assert value.endswith("Z")
    datetime.fromisoformat(value)
