"""`time_delta_norm` over HTTP: its columns are time steps of recurrent layers."""

import csv
import io
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from pydantic import TypeAdapter

from service.api.views.layers import LayerView
from service.api.views.series import Columns, LongRow, WideRow
from service.store.database import Database
from service.trace.chunk import Chunk
from tests.api.serving import json_of, problem_of, serving
from tests.api.stories import START, claimed, flushed, queued
from tests.databases import SQLiteFiles
from tests.experiments import linear

LENGTH = 12
RNN, GRU = ([f"{layer} t{time:02d}" for time in range(LENGTH)] for layer in ("00 rnn", "01 gru"))
RECURRENT = {
    "network": {
        "layers": [
            {"kind": "rnn", "hidden_size": 4, "output": "sequence"},
            {"kind": "gru", "hidden_size": 4},
            linear(1),
        ]
    },
    "data": {"source": {"kind": "adding", "length": LENGTH}},
    "training": {"loss": "mse", "steps": 10},
}


def vanishing() -> Chunk:
    """Signals that fall by a half for every time step, and one that is not finite."""
    steps = np.arange(4)
    fall = 0.5 ** np.arange(LENGTH)[::-1]
    values = np.tile(np.concatenate([fall, 2 * fall]), (len(steps), 1)).astype(np.float32)
    values[2, 0] = np.inf
    return Chunk("layer", "time_delta_norm", (*RNN, *GRU), steps, (START + steps).astype(np.float64), values)


@pytest.fixture(scope="module")
def served(sqlite_files: SQLiteFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, str]]:
    """A client, and where a job lives that trains recurrent layers."""
    url = sqlite_files.fresh()
    database = Database(url)
    held = claimed(database, queued(database, **RECURRENT))
    flushed(database, held, 4, [vanishing()])
    with serving(url, tmp_path_factory.mktemp("api")) as client:
        yield client, f"/v1/jobs/{held.job_id}"
    database.dispose()


def test_columns_say_which_time_step_of_which_layer_they_are(served: tuple[httpx.Client, str]) -> None:
    client, job = served
    series = json_of(client.get(f"{job}/traces?metric=time_delta_norm"))
    Columns.model_validate(series)
    assert series["layers"] == [*RNN, *GRU]
    assert series["times"] == [*range(LENGTH)] * 2
    assert series["of_layer"] == ["00 rnn"] * LENGTH + ["01 gru"] * LENGTH
    assert series["values"][LENGTH - 1] == [1.0] * 4
    assert series["values"][1] == [0.5 ** (LENGTH - 2)] * 4
    assert series["nonfinite"][0] == [0, 0, 1, 0]
    assert "times" not in json_of(client.get(f"{job}/traces?metric=grad_norm"))


@pytest.mark.parametrize(
    ("asked", "columns"),
    [
        ("00 rnn", RNN),
        ("01 gru,00 rnn t03", [RNN[3], *GRU]),
        ("01 gru t11&layers=01 gru t00", [GRU[0], GRU[11]]),
        ("02 linear", []),
    ],
)
def test_a_layer_stands_for_all_its_time_steps(
    served: tuple[httpx.Client, str], asked: str, columns: list[str]
) -> None:
    client, job = served
    series = json_of(client.get(f"{job}/traces?metric=time_delta_norm&layers={asked}"))
    assert series["layers"] == columns
    assert len(series["values"]) == len(series["times"]) == len(columns)


@pytest.mark.parametrize("asked", ["metric=time_delta_norm&layers=00 rnn t12", "metric=grad_norm&layers=00 rnn t03"])
def test_what_is_neither_a_layer_nor_a_column_of_the_metric_is_refused(
    served: tuple[httpx.Client, str], asked: str
) -> None:
    client, job = served
    problem = problem_of(client.get(f"{job}/traces?{asked}"), 422, "invalid-request")
    assert problem["errors"][0]["detail"].endswith("there are: 00 rnn, 01 gru, 02 linear.")


def test_rows_tell_the_same_with_time_as_depth(served: tuple[httpx.Client, str]) -> None:
    client, job = served
    path = f"{job}/traces?metric=time_delta_norm&layers=01 gru"
    wide = json_of(client.get(f"{path}&layout=wide"))
    TypeAdapter(list[WideRow]).validate_python(wide)
    assert [list(row) for row in wide] == [["step", "time", *GRU]] * 4
    long = json_of(client.get(f"{path}&layout=long"))
    TypeAdapter(list[LongRow]).validate_python(long)
    assert long == [
        {"step": row["step"], "time": row["time"], "layer": name, "depth": time, "value": row[name]}
        for row in wide
        for time, name in enumerate(GRU)
    ]
    table = list(csv.reader(io.StringIO(client.get(f"{path}&layout=csv").text)))
    assert table[0] == ["step", "time", *GRU]


def test_before_anything_is_recorded_there_are_no_columns(served: tuple[httpx.Client, str]) -> None:
    client, _ = served
    waiting = json_of(client.post("/v1/jobs", json=RECURRENT), 202)["links"]["traces"]
    series = json_of(client.get(f"{waiting}?metric=time_delta_norm&layers=00 rnn t03,01 gru"))
    assert (series["layers"], series["times"], series["of_layer"], series["values"]) == ([], [], [], [])


def test_the_table_of_layers_says_how_long_the_time_axis_is(served: tuple[httpx.Client, str]) -> None:
    client, job = served
    rows = json_of(client.get(f"{job}/layers"))
    TypeAdapter(list[LayerView]).validate_python(rows)
    assert [row["time_steps"] for row in rows] == [LENGTH, LENGTH, None]
    assert not any("time_delta_norm" in key for row in rows for key in row)
