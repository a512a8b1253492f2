"""Series over HTTP, against the numbers that were stored."""

import csv
import io
from collections.abc import Iterator
from itertools import pairwise, product

import httpx
import numpy as np
import pytest
from pydantic import TypeAdapter

from service.api.views.findings import FindingRow
from service.api.views.layers import LayerView
from service.api.views.series import Columns, LongRow, WideRow
from service.store import migrate
from service.store.database import Database
from tests.api.serving import json_of, post, problem_of, serving
from tests.api.stories import RECORDED, STEPS, experiment, finished, gradients, losses, queued
from tests.databases import KINDS, PostgreSQL, SQLiteFiles

EVERY_STEP = "metric=grad_norm&max_points=5000"


@pytest.fixture(scope="module", params=KINDS)
def database(request: pytest.FixtureRequest, sqlite_files: SQLiteFiles) -> Iterator[Database]:
    """A database for all tests here, which only read."""
    if request.param == "sqlite":
        url = sqlite_files.fresh()
    else:
        server: PostgreSQL = request.getfixturevalue("postgres")
        url = server.create()
        migrate.upgrade(url)
    opened = Database(url)
    yield opened
    opened.dispose()


@pytest.fixture(scope="module")
def api(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of the API that serves it."""
    url = database.url.render_as_string(hide_password=False)
    with serving(url, tmp_path_factory.mktemp("api")) as client:
        yield client


@pytest.fixture(scope="module")
def job(database: Database) -> str:
    """Where a job with traces lives."""
    return f"/v1/jobs/{finished(database)}"


def test_columns_hold_every_number_exactly(api: httpx.Client, job: str) -> None:
    stored = gradients(0, STEPS)
    response = api.get(f"{job}/traces?{EVERY_STEP}")
    series = json_of(response)
    Columns.model_validate(series)
    assert (series["metric"], series["unit"], series["agg"], series["attempt"]) == ("grad_norm", "1", "max", 1)
    assert (series["bucket_steps"], series["source_points"]) == (1, STEPS)
    assert series["steps"] == stored.steps.tolist()
    assert series["layers"] == list(RECORDED)
    read = np.array(series["values"], dtype=float).astype(np.float32).T
    assert np.array_equal(read, np.where(np.isfinite(stored.values), stored.values, np.nan), equal_nan=True)
    assert np.array_equal(np.array(series["nonfinite"]).T, ~np.isfinite(stored.values))
    assert response.headers["x-sampling"] == "agg=max; bucket_steps=1; points=300; source_points=300"


def test_no_layout_has_more_points_than_asked_for_nor_a_nan(api: httpx.Client, job: str) -> None:
    for path, layout, agg, value in product(
        (f"{job}/traces?metric=grad_norm", f"{job}/curves?metric=loss"),
        ("columns", "wide", "long"),
        ("max", "min", "mean", "last"),
        ("raw", "log10"),
    ):
        answer = json_of(api.get(f"{path}&layout={layout}&agg={agg}&value={value}&max_points=40"))
        rows = answer["steps"] if layout == "columns" else [row["step"] for row in answer]
        steps = sorted(set(rows))
        assert 20 <= len(steps) <= 40
        assert all(later > earlier for earlier, later in pairwise(rows)) or layout == "long"


def test_what_was_not_finite_is_counted_however_few_points_there_are(api: httpx.Client, job: str) -> None:
    for points in (1, 2, 7, 100):
        series = json_of(api.get(f"{job}/traces?metric=grad_norm&max_points={points}"))
        assert len(series["steps"]) <= points
        assert [sum(counts) for counts in series["nonfinite"]] == [1, 2]
        assert max(value for value in series["values"][0] if value is not None) == STEPS - 1


def test_wide_rows_are_flat_and_alike(api: httpx.Client, job: str) -> None:
    rows = json_of(api.get(f"{job}/traces?{EVERY_STEP}&layout=wide"))
    TypeAdapter(list[WideRow]).validate_python(rows)
    assert [row["step"] for row in rows] == list(range(STEPS))
    assert {tuple(row) for row in rows} == {("step", "time", *RECORDED)}
    assert rows[0] == {"step": 0, "time": "2026-09-21T14:13:20.000Z", "00 linear": 0.0, "02 linear": 0.0}
    assert rows[7]["time"] == "2026-09-21T14:13:20.700Z"
    assert (rows[5]["00 linear"], rows[130]["02 linear"]) == (None, None)
    assert rows[123]["02 linear"] == 0.123


def test_wide_leaves_out_a_layer_without_numbers(api: httpx.Client, job: str) -> None:
    rows = json_of(api.get(f"{job}/traces?{EVERY_STEP}&layout=wide&from_step=130&to_step=131"))
    assert [sorted(row) for row in rows] == [["00 linear", "step", "time"]] * 2


def test_long_rows_say_the_same_as_wide_ones(api: httpx.Client, job: str) -> None:
    wide = json_of(api.get(f"{job}/traces?{EVERY_STEP}&layout=wide"))
    long = json_of(api.get(f"{job}/traces?{EVERY_STEP}&layout=long"))
    TypeAdapter(list[LongRow]).validate_python(long)
    assert long == [
        {"step": row["step"], "time": row["time"], "layer": layer, "depth": depth, "value": row[layer]}
        for row in wide
        for depth, layer in ((0, "00 linear"), (2, "02 linear"))
    ]


def test_csv_says_the_same_as_wide(api: httpx.Client, job: str) -> None:
    wide = json_of(api.get(f"{job}/traces?{EVERY_STEP}&layout=wide"))
    response = api.get(f"{job}/traces?{EVERY_STEP}&layout=csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    table = list(csv.reader(io.StringIO(response.text)))
    assert table[0] == ["step", "time", *RECORDED]
    assert "nan" not in response.text.lower()
    read = [[int(step), time, *(float(cell) if cell else None for cell in cells)] for step, time, *cells in table[1:]]
    assert read == [list(row.values()) for row in wide]


def test_numbers_of_rows_have_four_significant_digits(api: httpx.Client, job: str) -> None:
    rows = json_of(api.get(f"{job}/traces?{EVERY_STEP}&layout=wide&value=log10"))
    texts = [f"{row['00 linear']:.9g}" for row in rows[6:]]
    assert all(len(text.replace("-", "").replace(".", "").lstrip("0")) <= 4 for text in texts)
    assert [float(text) for text in texts] == pytest.approx(np.log10(np.arange(6, STEPS)), rel=5e-4)


def test_the_logarithm_of_nothing_is_null(api: httpx.Client, job: str) -> None:
    series = json_of(api.get(f"{job}/curves?metric=loss&max_points=5000&value=log10"))
    losses_ = losses(0, STEPS).values[:, 0]
    for step, value in zip(series["steps"], series["values"][0], strict=True):
        positive = losses_[step] > 0
        assert value == (pytest.approx(np.log10(losses_[step]), rel=1e-5, abs=1e-6) if positive else None)


def test_a_range_and_some_layers(api: httpx.Client, job: str) -> None:
    series = json_of(api.get(f"{job}/traces?{EVERY_STEP}&from_step=100&to_step=140&layers=02 linear"))
    assert series["steps"] == list(range(100, 141))
    assert series["layers"] == ["02 linear"]
    assert (len(series["values"]), series["source_points"]) == (1, 41)
    for some in (
        "layers=00 linear,02 linear",
        "layers=02 linear&layers=00 linear",
        "layers=",
        "layers=00 linear,,02 linear",
    ):
        assert json_of(api.get(f"{job}/traces?{EVERY_STEP}&{some}"))["layers"] == list(RECORDED)
    without_this_metric = json_of(api.get(f"{job}/traces?{EVERY_STEP}&layers=01 activation"))
    assert without_this_metric["values"] == []
    assert json_of(api.get(f"{job}/traces?{EVERY_STEP}&from_step=100000"))["steps"] == []
    blank = "layout=&agg=&max_points=&from_step=&to_step=&value=&layers="
    assert json_of(api.get(f"{job}/traces?metric=grad_norm&{blank}")) == json_of(
        api.get(f"{job}/traces?metric=grad_norm")
    )


def test_a_curve_is_a_series_of_its_own_name(api: httpx.Client, job: str) -> None:
    series = json_of(api.get(f"{job}/curves?metric=loss&max_points=5000"))
    assert series["layers"] == ["loss"]
    assert len(series["values"]) == len(series["nonfinite"]) == 1
    assert series["values"][0][9] is None
    assert series["nonfinite"][0][9] == 1
    row = json_of(api.get(f"{job}/curves?metric=loss&layout=wide"))[0]
    assert row == {"step": 0, "time": "2026-09-21T14:13:20.000Z", "loss": 2.0}
    row = json_of(api.get(f"{job}/curves?metric=loss&layout=long"))[0]
    assert row == {"step": 0, "time": "2026-09-21T14:13:20.000Z", "layer": "loss", "depth": 0, "value": 2.0}


def test_before_anything_is_recorded_series_are_empty(api: httpx.Client, database: Database) -> None:
    job = f"/v1/jobs/{queued(database)}"
    for path in (f"{job}/traces?metric=grad_norm", f"{job}/curves?metric=loss"):
        series = json_of(api.get(path))
        assert (series["steps"], series["layers"], series["values"], series["nonfinite"]) == ([], [], [], [])
        assert json_of(api.get(f"{path}&layout=wide")) == json_of(api.get(f"{path}&layout=long")) == []
        assert api.get(f"{path}&layout=csv").text == "step,time\n"


@pytest.mark.parametrize(
    ("query", "place", "sentence"),
    [
        ("metric=nope", "metric", "there are: grad_norm, bias_grad_norm,"),
        ("metric=", "metric", "there are: grad_norm, bias_grad_norm,"),
        ("", "metric", "`metric` is required"),
        ("metric=grad_norm&layout=tall", "layout", "'columns', 'wide', 'long' or 'csv'"),
        ("metric=grad_norm&agg=sum", "agg", "'max', 'min', 'mean' or 'last'"),
        ("metric=grad_norm&max_points=0", "max_points", "greater than or equal to 1"),
        ("metric=grad_norm&max_points=5001", "max_points", "less than or equal to 5000"),
        ("metric=grad_norm&from_step=-1", "from_step", "greater than or equal to 0"),
        ("metric=grad_norm&to_step=1e400", "to_step", "whole number"),
        ("metric=grad_norm&value=ln", "value", "'raw' or 'log10'"),
        ("metric=grad_norm&from_step=3&to_step=2", "", "The range is empty"),
        ("metric=grad_norm&layers=00 linear,99 relu", "layers", "there are: 00 linear, 01 activation, 02 linear."),
    ],
)
def test_a_query_that_means_nothing_is_refused(shared: httpx.Client, query: str, place: str, sentence: str) -> None:
    job = post(shared, experiment(), **{"Idempotency-Key": "series"}).headers["location"]
    document = problem_of(shared.get(f"{job}/traces?{query}"), 422, "invalid-request")
    assert [error["pointer"] for error in document["errors"]] == [f"/query/{place}".rstrip("/")]
    assert sentence in document["errors"][0]["detail"]


def test_metrics_of_layers_and_curves_are_told_apart(api: httpx.Client, job: str) -> None:
    assert (
        "loss" in problem_of(api.get(f"{job}/curves?metric=delta_norm"), 422, "invalid-request")["errors"][0]["detail"]
    )
    problem_of(api.get(f"{job}/traces?metric=loss"), 422, "invalid-request")


def test_layers_have_their_first_and_last_values(api: httpx.Client, job: str) -> None:
    rows = json_of(api.get(f"{job}/layers"))
    TypeAdapter(list[LayerView]).validate_python(rows)
    assert [
        (row["depth"], row["layer"], row["kind"], row["function"], row["parameters"], row["shape"]) for row in rows
    ] == [
        (0, "00 linear", "linear", None, 64 * 8 + 8, [8]),
        (1, "01 activation", "activation", "tanh", 0, [8]),
        (2, "02 linear", "linear", None, 8 * 10 + 10, [10]),
    ]
    assert [(row["grad_norm_first"], row["grad_norm_last"]) for row in rows] == [(0, 299), (None, None), (0, 0.299)]
    assert len({tuple(row) for row in rows}) == 1
    assert all(row["weight_norm_last"] is None for row in rows)


def test_findings_are_rows_with_scalars_for_annotations(api: httpx.Client, job: str) -> None:
    rows = json_of(api.get(f"{job}/findings"))
    assert len(rows) == 1
    FindingRow.model_validate(rows[0])
    found = json_of(api.get(job))["diagnosis"]["findings"][0]
    assert rows[0] == found | {
        "time": "2026-09-21T14:13:20.700Z",
        "timeEnd": "2026-09-21T14:13:46.000Z",
        "title": "Exploding gradient",
        "text": "The gradient grew without bound.",
        "tags": "exploding_gradient,critical",
        "step": 7,
        "layer": "02 linear",
    }
    assert found["remedies"] == [{"kind": "clip_grad_norm", "max_norm": 1.0}]
