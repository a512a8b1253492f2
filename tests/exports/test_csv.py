"""CSV, against the numbers that the API tells."""

import csv
import io
import json

import httpx
import numpy as np
import pytest

from service.exports import cells
from service.store.database import Database
from service.trace.chunk import Chunk
from tests.api.serving import json_of
from tests.api.stories import START, claimed, flushed, queued
from tests.exports.recorded import LAYERS, RECURRENT, TIMES, columns, export, exported, rows, times


@pytest.mark.parametrize("points", [0, 7, 100])
@pytest.mark.parametrize(
    ("metric", "kind"), [("grad_norm", "traces"), ("time_delta_norm", "traces"), ("loss", "curves")]
)
def test_every_number_is_that_of_the_api(api: httpx.Client, job: str, metric: str, kind: str, points: int) -> None:
    steps, layers, values, bad = columns(api, job, metric, kind, points or 5000)
    layers = layers if kind == "traces" else [""]
    found = rows(exported(api, job, "csv", max_points=points).content)
    of = [row for row in found if row["metric"] == metric and (row["layer"] == "") == (kind == "curves")]
    assert [(int(row["step"]), row["layer"]) for row in of] == [(step, layer) for step in steps for layer in layers]
    told = np.array([np.float32(row["value"] or "nan") for row in of]).reshape(values.shape)
    assert np.array_equal(told, values, equal_nan=True)
    assert [int(row["nonfinite"]) for row in of] == bad.ravel().tolist()
    assert bad.sum() > 0


def test_a_row_says_where_and_when(api: httpx.Client, job: str) -> None:
    response = exported(api, job, "csv")
    assert response.content.startswith(b"step,time,metric,layer,depth,value,nonfinite\n")
    found = rows(response.content)
    assert list(dict.fromkeys(row["metric"] for row in found)) == ["grad_norm", "time_delta_norm", "loss"]
    assert found[15] == {
        "step": "7", "time": "2026-09-21T14:13:20.700Z", "metric": "grad_norm", "layer": "01 linear", "depth": "1",
        "value": "0.107", "nonfinite": "0",
    }  # fmt: skip
    through = [row for row in found if row["metric"] == "time_delta_norm"][: len(TIMES)]
    assert [(row["layer"], int(row["depth"])) for row in through] == [(name, i) for i, name in enumerate(TIMES)]
    whole = [row for row in found if row["metric"] == "grad_norm" and row["layer"] == ""]
    assert len(whole) == 300
    assert {row["depth"] for row in whole} == {""}


def test_a_spike_survives_however_few_points_there_are(api: httpx.Client, job: str) -> None:
    found = rows(exported(api, job, "csv", max_points=2).content)
    spike = [float(row["value"]) for row in found if row["metric"] == "grad_norm" and row["layer"] == LAYERS[0]]
    assert max(spike) == pytest.approx(1e30)
    assert len(spike) <= 2


def test_layers_findings_and_histograms_are_tables_of_their_own(api: httpx.Client, job: str) -> None:
    layers = rows(exported(api, job, "csv", table="layers").content)
    told = json_of(api.get(f"/v1/jobs/{job}/layers"))
    assert [(row["layer"], int(row["depth"]), row["kind"], int(row["parameters"])) for row in layers] == [
        (row["layer"], row["depth"], row["kind"], row["parameters"]) for row in told
    ]
    [finding] = rows(exported(api, job, "csv", table="findings").content)
    [known] = json_of(api.get(f"/v1/jobs/{job}"))["diagnosis"]["findings"]
    assert json.loads(finding["remedies"]) == known["remedies"]
    assert (finding["rule"], int(finding["first_step"]), float(finding["value"])) == ("exploding_gradient", 7, 1e9)
    assert finding["layers"].split(", ") == known["layers"]
    bins = [row for row in rows(exported(api, job, "csv", table="histograms").content) if row["step"] == "100"]
    at = json_of(api.get(f"/v1/jobs/{job}/histograms", params={"layer": LAYERS[0], "step": 100}))
    of = [row for row in bins if row["layer"] == LAYERS[0]]
    assert (float(of[1]["lo"]), float(of[1]["hi"])) == pytest.approx((at["bins"][0]["lo"], at["bins"][0]["hi"]))
    assert [(row["kind"], int(row["count"])) for row in of] == [
        ("zeros", 3), ("bin", 7), ("bin", 0), ("bin", 9), ("nonfinite", 1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("00 linear", "00 linear"),
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", '"\'\r=1"'),
        (" =1", "' =1"),
        ('"=1', '"\'""=1"'),
        ("a,b", '"a,b"'),
        ('a"b', '"a""b"'),
        ("a\nb", '"a\nb"'),
        ("a\x00b", "ab"),
    ],
)
def test_no_text_is_a_formula(value: str, written: str) -> None:
    assert cells.text(value) == written
    assert next(csv.reader(io.StringIO(f"{written},x", newline=""), strict=True))[1] == "x"


def test_a_layer_that_is_called_like_a_formula_is_a_text(api: httpx.Client, database: Database) -> None:
    held = claimed(database, queued(database, **RECURRENT))
    names = ('=HYPERLINK("http://x.y","z")', "01 linear")
    ones = np.ones((1, 2), np.float32)
    flushed(database, held, 1, [Chunk("layer", "grad_norm", names, np.arange(1), np.array([START]), ones)])
    found = rows(export(api, held.job_id, "csv").content)
    assert [row["layer"] for row in found] == ['\'=HYPERLINK("http://x.y","z")', "01 linear"]


def test_a_job_that_waits_has_a_header(api: httpx.Client, database: Database) -> None:
    waiting = queued(database, **RECURRENT)
    assert export(api, waiting, "csv").content == b"step,time,metric,layer,depth,value,nonfinite\n"
    assert len(rows(export(api, waiting, "csv", table="layers").content)) == 2
    assert rows(export(api, waiting, "csv", table="findings").content) == []
    assert rows(export(api, waiting, "csv", table="histograms").content) == []


@pytest.mark.parametrize("classes", [True, False])
def test_real_values_have_no_accuracy(api: httpx.Client, database: Database, classes: bool) -> None:
    held = claimed(database, queued(database, **({} if classes else RECURRENT)))
    nothing = np.full((3, 1), np.nan, np.float32)
    steps = np.arange(3)
    flushed(database, held, 3, [Chunk("curve", "accuracy", ("",), steps, times(steps), nothing)])
    assert len(rows(export(api, held.job_id, "csv").content)) == (3 if classes else 0)
