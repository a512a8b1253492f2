"""The client's commands against a real service."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.experiments import body, deep, linear
from tests.supervisor.ports import closed_port

_EXAMPLE = str(Path(__file__).parents[2] / "examples" / "deep-sigmoid.json")
PAIR = ("deep-sigmoid", "deep-sigmoid-cured")


@pytest.fixture(scope="module")
def at(service_url: str) -> dict[str, str]:
    return {"GRADCLINIC_URL": service_url}


def test_a_job_is_sent_watched_and_reported(run: Run, at: dict[str, str]) -> None:
    told = run("submit", _EXAMPLE, "--watch", settings=at)
    job_id = re.match(r"job_\w+", told)
    assert job_id
    assert f"{at['GRADCLINIC_URL']}/ui/jobs/{job_id[0]}" in told
    assert "deep sigmoid MLP: running" in told
    assert re.search(r"critical +vanishing_gradient +\w+ +00 linear … ", told)
    assert "initialization he" in told
    assert "\x1b" not in told
    for again in (run("report", job_id[0], settings=at), run("watch", job_id[0], settings=at)):
        assert "deep sigmoid MLP: succeeded, vanishing_gradient" in again
        assert "vanishing_gradient" in again


def test_an_experiment_comes_from_standard_input_too(run: Run, at: dict[str, str]) -> None:
    assert run("submit", "-", send=json.dumps(body()), settings=at).startswith("job_")


def test_an_experiment_is_looked_at_before_it_is_sent(run: Run, at: dict[str, str]) -> None:
    remedies = [{"kind": "activation", "function": "relu"}, {"kind": "optimizer", "name": "adam", "lr": 0.001}]
    told = run("preflight", "-", send=json.dumps(deep("sigmoid", depth=2, remedies=remedies)), settings=at)
    assert re.search(r"^ *03 activation +relu +64 +0 +64 *$", told, re.MULTILINE)
    assert re.search(r"^ *activation +01 activation +activation, sigmoid +activation, relu *$", told, re.MULTILINE)
    assert re.search(r"^ *optimizer +training.optimizer +sgd, 0.1.* adam, 0.001", told, re.MULTILINE)
    assert "8,970 parameters, 20 steps of 32 samples (1,438 to train on, 359 held back)" in told
    assert re.search(r"of memory, .* of traces, about 0\.\d+ s on one CPU core\nAdmitted\.\n$", told)


def test_what_would_be_refused_is_told_so(run: Run, at: dict[str, str]) -> None:
    assert (
        run("preflight", "-", send=json.dumps(body(linear(10**6), linear(10**6), linear(10))), status=4, settings=at)
        == ""
    )
    assert "/training/steps" in run(
        "preflight", "-", send=json.dumps(body(training={"steps": 0})), status=4, settings=at
    )


@pytest.mark.parametrize(
    ("sent", "lines"),
    [
        (body(training={"steps": 0}), ["Invalid", "/training/steps"]),
        ("{", ["Malformed body (400)"]),
        (body(remedies=[{"kind": "activation", "function": "relu"}]), ["/remedies/0"]),
    ],
    ids=["a field", "no JSON", "a remedy"],
)
def test_a_refusal_is_told_with_its_places(sent: Any, lines: list[str], run: Run, at: dict[str, str]) -> None:
    told = run("submit", "-", send=sent if isinstance(sent, str) else json.dumps(sent), status=4, settings=at)
    for line in lines:
        assert line in told


def test_an_unknown_job_is_told_so(run: Run, at: dict[str, str]) -> None:
    assert "Not found (404)" in run("report", "job_00000000000000000000000000", status=4, settings=at)


def test_a_service_that_does_not_run_is_told_so(run: Run) -> None:
    told = run("report", "job_1", status=3, settings={"GRADCLINIC_URL": f"http://127.0.0.1:{closed_port()}"})
    assert "`gradclinic up` starts one" in told


def test_a_service_is_looked_for_on_the_port_it_would_be_started_on(run: Run) -> None:
    port = closed_port()
    told = run("report", "job_1", status=3, settings={"GRADCLINIC_PORT": str(port)})
    assert f"No Gradient Clinic answers at http://127.0.0.1:{port} " in told


def test_a_file_that_is_not_there_is_told_so(run: Run) -> None:
    assert run("submit", "/no/such.json", status=1) == "/no/such.json: No such file or directory\n"


def test_an_example_that_there_is_none_of_is_told_so(run: Run) -> None:
    assert "No example is called nothing; there are deep-sigmoid, " in run("demo", "nothing", status=1)


def test_the_demo_uses_the_service_that_runs(run: Run, at: dict[str, str]) -> None:
    told = run("demo", *PAIR, settings=at)
    assert re.search(r"verdict +vanishing_gradient +healthy", told)
    assert re.search(r"validation accuracy +0\.\d+ +0\.9", told)
    assert told.rstrip().endswith(f"Dashboard: {at['GRADCLINIC_URL']}/ui/")


def test_the_demo_brings_a_service_where_none_runs(run: Run, tmp_path: Path) -> None:
    told = run("demo", *PAIR, settings={"GRADCLINIC_URL": f"http://127.0.0.1:{closed_port()}"})
    assert "Starting a Gradient Clinic for this demo." in told
    assert re.search(r"verdict +vanishing_gradient +healthy", told)
    assert not (tmp_path / "data" / "run").exists()
