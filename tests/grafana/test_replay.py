"""Every URL of the dashboards, asked of a real service as Grafana would, and held to what its panels can draw."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.api.serving import problem_of
from tests.grafana.boards import NAMES, Question, Values, board, questions
from tests.grafana.rules import check_wide, framed, rows_of

QUESTIONS = [
    pytest.param(question, id=f"{question.board}-{question.of}-{question.target['refId']}")
    for name in NAMES
    for question in questions(name)
]
FATES = ("healthy", "vanishing", "diverged")


def chosen(client: httpx.Client, board_name: str, job: str, other: str) -> Iterator[Values]:
    """Every choice of metric, with these jobs and all their layers."""
    listed = {variable["name"]: variable for variable in board(board_name)["templating"]["list"]}
    jobs = {name: job if name in ("job", "job_a") else other for name in listed if name.startswith("job")}
    layers = rows_of(client.get("/v1/grafana/layers", params={"job": job}))
    for metric in (option["value"] for option in listed["metric"]["options"]):
        yield {**jobs, "metric": metric, "layer": layers}


@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_can_be_drawn(client: httpx.Client, jobs: dict[str, str], question: Question, fate: str) -> None:
    urls = {question.url(values) for values in chosen(client, question.board, jobs[fate], jobs["healthy"])}
    for url in sorted(urls):
        answer = client.get(url)
        query = parse_qs(urlsplit(url).query)
        rows = check_wide(answer, int(query["max_points"][0])) if "layout" in query else rows_of(answer)
        if rows and isinstance(rows[0], dict):
            check_drawing(question, framed(rows, question.target["columns"]))


def check_drawing(question: Question, frame: dict[str, list[Any]]) -> None:
    """A frame that is not empty has what its panel cannot do without."""
    numeric = [name for name, values in frame.items() if {type(value) for value in values} <= {int, float, type(None)}]
    match question.kind:
        case "trend":
            axis = x_field(question)
            assert len(numeric) >= 2
            assert all(value is not None for value in frame[axis])
            assert frame[axis] == sorted(set(frame[axis]))
        case "heatmap":
            assert "step" in numeric
            assert len(numeric) >= 2
        case "timeseries":
            assert all(frame["time"])
        case "variable":
            assert {"__text", "__value"} <= frame.keys()
        case "annotation":
            assert frame.keys() == {"time", "timeEnd", "title", "text", "tags"}
            assert all(frame["time"])
            assert all(frame["text"])


def x_field(question: Question) -> str:
    """What a trend draws its lines over."""
    (panel,) = (panel for panel in board(question.board)["panels"] if panel["title"] == question.of)
    return str(panel["options"]["xField"])


@pytest.mark.parametrize(
    ("fate", "title", "drawn"),
    [
        ("healthy", "Accuracy", True),
        ("diverged", "Accuracy", False),
        ("vanishing", "Findings", True),
        ("diverged", "Findings", True),
        ("healthy", "Findings", False),
        ("vanishing", "${metric} of every layer at every step (log10)", True),
    ],
)
def test_what_happened_is_on_the_board(
    client: httpx.Client, jobs: dict[str, str], fate: str, title: str, drawn: bool
) -> None:
    (asked,) = (one for one in questions("run.json") if one.of == title and one.kind != "annotation")
    values: Values = {"job": jobs[fate], "metric": "grad_norm"}
    assert bool(rows_of(client.get(asked.url(values)))) is drawn


def test_the_diverged_run_has_its_holes_as_nulls(client: httpx.Client, jobs: dict[str, str]) -> None:
    rows = rows_of(client.get(f"/v1/jobs/{jobs['diverged']}/curves?metric=loss&layout=wide"))
    assert rows[0]["loss"] is not None
    assert rows[-1]["loss"] is None


def test_findings_mark_the_time_in_which_they_hold(client: httpx.Client, jobs: dict[str, str]) -> None:
    for fate in ("vanishing", "diverged"):
        job = client.get(f"/v1/jobs/{jobs[fate]}").json()
        for row in rows_of(client.get(f"/v1/jobs/{job['id']}/findings")):
            assert job["started_at"] <= row["time"] <= row["timeEnd"] <= job["finished_at"]
            assert row["tags"] == f"{row['rule']},{row['severity']}"
            assert isinstance(row["step"], int)
            assert isinstance(row["layer"], str)


def test_jobs_to_choose_from_are_the_newest_and_say_how_they_are(client: httpx.Client, jobs: dict[str, str]) -> None:
    options = rows_of(client.get("/v1/grafana/jobs"))
    ours = [option["__value"] for option in options if option["__value"] in jobs.values()]
    assert ours == list(reversed(jobs.values()))
    (healthy,) = (option for option in options if option["__value"] == jobs["healthy"])
    assert healthy["__text"].startswith("healthy run - succeeded - 20")
    assert healthy.keys() == {"__text", "__value", "state"}
    assert len(rows_of(client.get("/v1/grafana/jobs?limit=1&state="))) == 1
    assert rows_of(client.get("/v1/grafana/jobs?state=failed")) == []
    problem_of(client.get("/v1/grafana/jobs?limit=0"), 422, "invalid-request")


def test_layers_to_choose_from_are_those_of_the_job(client: httpx.Client, jobs: dict[str, str]) -> None:
    layers = rows_of(client.get("/v1/grafana/layers", params={"job": jobs["healthy"]}))
    assert layers == ["00 linear", "01 activation", "02 linear"]
    assert rows_of(client.get("/v1/grafana/layers")) == rows_of(client.get("/v1/grafana/layers?job=")) == []
    unknown = problem_of(client.get(f"/v1/grafana/layers?job=job_{'0' * 26}"), 422, "invalid-request")
    assert unknown["errors"][0]["pointer"] == "/query/job"
    assert "GET /v1/grafana/jobs" in unknown["errors"][0]["detail"]
    problem_of(client.get("/v1/grafana/layers?job=$job"), 422, "invalid-request")
