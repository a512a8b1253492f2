"""The client against a real service."""

import csv
import json
from pathlib import Path

import httpx
import numpy as np
import pytest

from gradclinic import Client, Job, JobFailed, Refused
from gradclinic.job import path_of
from tests.client.scripted import Answer, scripted
from tests.experiments import CURE, body, example, linear

_STEPS = 300


def test_a_job_is_waited_for(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    job = client.submit(body(name="small", labels={"of": "waiting"}))
    assert job.state == "queued"
    assert job.verdict is None
    assert job.result == {}
    assert job.wait() is job
    assert job.state == "succeeded"
    assert job.ended
    assert job.result["loss"] > 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "small: running\n" in err
    assert job.wait().state == "succeeded"
    assert repr(job) == f"<Job {job.id} 'small': succeeded, {job.verdict}>"


def test_an_experiment_comes_from_a_file(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "experiment.json"
    path.write_text(json.dumps(body(name="of a file")))
    assert client.submit(path).name == "of a file"
    assert client.submit(str(path)).experiment["training"]["steps"] == 20


def test_a_key_of_ones_own_makes_it_one_job(client: Client) -> None:
    first, second = (client.submit(body(), idempotency_key="once") for _ in range(2))
    assert first.id == second.id


def test_a_refusal_says_what_to_change_and_where(client: Client) -> None:
    with pytest.raises(Refused) as refusal:
        client.submit(body(training={"steps": 0, "optimizer": {"name": "sgd", "lr": float("nan")}}))
    told = str(refusal.value)
    assert refusal.value.status in {400, 422}
    assert "NaN" in told
    with pytest.raises(Refused) as refusal:
        client.submit(body(linear(0), linear(10), training={"steps": 0}))
    head, *places = str(refusal.value).splitlines()
    assert head == "Invalid experiment (422): The experiment is not valid: 2 places are wrong."
    assert [place.split(": ")[0] for place in places] == ["  /network/layers/0/out_features", "  /training/steps"]
    assert all(place.endswith(".") for place in places)


def test_the_diagnosis_is_there(sick: Job) -> None:
    assert sick.verdict == "vanishing_gradient"
    assert sick.diagnosis["status"] == "issues_found"
    first = sick.findings()[0]
    assert first["rule"] == "vanishing_gradient"
    assert first["remedies"][0]["kind"] == "activation"
    assert {"layers", "first_step", "explanation", "value"} <= first.keys()


def test_a_remedy_makes_another_job(client: Client, sick: Job) -> None:
    cured = sick.rerun(CURE, name="cured", labels={"of": "remedy"}).wait(progress=False)
    assert cured.verdict == "healthy"
    assert cured.name == "cured"
    assert [remedy["kind"] for remedy in cured.experiment["remedies"]] == [remedy["kind"] for remedy in CURE]
    assert cured.result["validation_accuracy"] > 0.85
    again = cured.rerun({"kind": "optimizer", "name": "adam", "lr": 0.002})
    assert [remedy.get("lr") for remedy in again.experiment["remedies"]] == [None, None, 0.002]
    assert again.experiment["network"] == sick.experiment["network"]
    assert [job.id for job in client.jobs(labels={"of": "remedy"})] == [again.id, cured.id]


def test_layers_and_theory_are_there(sick: Job) -> None:
    rows = sick.layers()
    assert [row["depth"] for row in rows] == list(range(41))
    theory = sick.theory()
    assert theory["layers"][0]["agrees"]


def test_a_histogram_counts_every_entry(sick: Job) -> None:
    last = sick.histogram()
    assert last["step"] == max(last["steps"])
    first = sick.histogram("00 linear", 0)
    assert (first["layer"], first["step"], first["entries"]) == ("00 linear", 0, 64 * 64 + 64)
    counted = sum(row["count"] for row in first["bins"]) + first["zeros"] + first["nonfinite"]
    assert counted == first["entries"]
    assert first["underflow_float16"] == first["entries"] - first["zeros"] - first["nonfinite"]


def test_jobs_are_listed_newest_first_over_pages(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradclinic.client._PAGE", 2)
    sent = [client.submit(body(labels={"of": "pages"})).id for _ in range(5)]
    found = [job.id for job in client.jobs(labels={"of": "pages"})]
    assert found == sent[::-1]
    assert [job.id for job in client.jobs(labels={"of": "pages"}, limit=3)] == found[:3]
    for job in client.jobs(labels={"of": "pages"}):
        job.wait(progress=False)
    assert len(list(client.jobs(state="succeeded", labels={"of": "pages"}))) == 5
    assert list(client.jobs(state=["failed", "cancelled"], labels={"of": "pages"})) == []


def test_a_job_is_cancelled_and_deleted(client: Client) -> None:
    job = client.submit(body(training={"steps": 1_000_000}))
    with pytest.raises(Refused, match=r"\(409\)"):
        job.delete()
    with pytest.raises(TimeoutError, match="it goes on"):
        job.wait(timeout=0.5, progress=False)
    assert job.cancel().wait(progress=False).state == "cancelled"
    with pytest.raises(Refused, match=r"\(409\)"):
        job.cancel()
    job.delete()
    with pytest.raises(Refused, match=r"Not found \(404\)"):
        client.job(job.id)


def test_an_experiment_is_looked_at_before_it_is_sent(client: Client) -> None:
    told = client.preflight(example(remedies=CURE))
    assert told["admission"]["admitted"]
    assert told["parameters"] == 20 * (64 * 64 + 64) + 64 * 10 + 10
    assert {change["kind"] for change in told["diff"]} == {remedy["kind"] for remedy in CURE}


def test_everything_is_exported_as_it_was_recorded(sick: Job, tmp_path: Path) -> None:
    path = sick.export("npz", tmp_path)
    assert path.parent == tmp_path
    assert path.suffix == ".npz"
    with np.load(path) as arrays:
        assert arrays.files
    named = sick.export("csv", tmp_path / "mine.csv")
    assert named == tmp_path / "mine.csv"
    with named.open(newline="") as file:
        assert len(list(csv.reader(file))) > _STEPS
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([path.name, "mine.csv"])


def test_an_export_that_is_refused_leaves_no_file(client: Client, tmp_path: Path) -> None:
    job = Job(client._connection, {"id": "job_00000000000000000000000000"})
    with pytest.raises(Refused):
        job.export("csv", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_export_stays_in_its_folder(tmp_path: Path) -> None:
    named = {"Content-Disposition": 'attachment; filename="../../evil.csv"'}
    with (
        scripted(Answer(body={"id": "job_1"}), Answer(body=b"a,b\n", headers=named)) as script,
        Client(script.url) as client,
    ):
        assert client.job("job_1").export("csv", tmp_path) == tmp_path / "evil.csv"
    assert script.asked[1].path == "/v1/jobs/job_1/export?format=csv"


def test_what_the_service_could_not_train_raises() -> None:
    failed = {
        "id": "job_1", "name": "", "state": "failed", "diagnosis": {"verdict": None},
        "error": {"title": "Worker lost", "detail": "Three workers died of it."},
    }  # fmt: skip
    with (
        scripted(Answer(body=failed)) as script,
        Client(script.url) as client,
        pytest.raises(JobFailed, match=r"^job_1: Worker lost: Three workers died of it\.$"),
    ):
        client.job("job_1").wait()


def test_address_and_key_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(Answer(body={"data": [], "has_more": False})) as script:
        monkeypatch.setenv("GRADCLINIC_URL", script.url)
        monkeypatch.setenv("GRADCLINIC_API_KEY", "secret")
        with Client() as client:
            assert list(client.jobs()) == []
            assert client.url == script.url
            assert "secret" not in repr(client)
        for key in ("mine", "schlüssel"):
            with Client(key=key) as client:
                assert list(client.jobs()) == []
    sent = [request.headers["Authorization"].encode("latin-1").decode() for request in script.asked]
    assert sent == ["Bearer secret", "Bearer mine", "Bearer schlüssel"]


@pytest.mark.parametrize(("port", "url"), [("", "http://127.0.0.1:8000"), ("8123", "http://127.0.0.1:8123")])
def test_a_service_is_looked_for_where_it_would_start(port: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADCLINIC_URL", "")
    monkeypatch.setenv("GRADCLINIC_PORT", port)
    with Client() as client:
        assert client.url == url


def test_an_id_is_no_path() -> None:
    assert httpx.URL("http://h").join(path_of("../x?y#z")).path == "/v1/jobs/../x?y#z"
    assert path_of("../x?y#z") == "/v1/jobs/..%2Fx%3Fy%23z"
