"""What goes to MLflow is as it takes it, whatever it is made of."""

from typing import Any

import orjson
import pytest

from service.cli.mlflow.contents import params, tags
from service.cli.mlflow.limits import batches, key, shortened

JOB: dict[str, Any] = {
    "id": "job_1",
    "state": "succeeded",
    "device": None,
    "error": None,
    "labels": {"course": "dl101", "mlflow.runName": "mine", "gradclinic.verdict": "fine", "a//b": "odd"},
    "experiment": {"remedies": [{"kind": "l2", "strength": 0.1}]},
    "resolved": {
        "network": {"layers": [{"kind": "linear", "out_features": 3, "name": None}, {"kind": "flatten"}]},
        "data": {"counts": list(range(9000)), "shuffled": True},
    },
    "diagnosis": {"status": "healthy", "verdict": "healthy", "findings": []},
}


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("grad_norm/00 linear", "grad_norm/00 linear"),
        ("a+b", "a_b"),
        ("勾配", "__"),
        ("a//b", "a..b"),
        ("/a", ".a"),
        ("a/../b", "a....b"),
        ("a/", "a."),
        ("x" * 250, "x" * 250),
    ],
)
def test_names_are_spelled_as_mlflow_wants_them(name: str, written: str) -> None:
    assert key(name) == written


def test_long_names_stay_different() -> None:
    one, other = key("x" * 251 + "a"), key("x" * 251 + "b")
    assert one != other
    assert len(one) == len(other) == 250


def test_long_texts_are_cut() -> None:
    assert shortened("a" * 10, 10) == "a" * 10
    assert shortened("a" * 11, 10) == "a" * 9 + "…"


def test_a_batch_is_neither_too_long_nor_too_large() -> None:
    small = [{"key": str(number), "value": "x"} for number in range(250)]
    assert [len(batch) for batch in batches(small, 100)] == [100, 100, 50]
    large = [{"key": str(number), "value": "ü" * 6000} for number in range(200)]
    found = list(batches(large, 100))
    assert [item for batch in found for item in batch] == large
    assert len(found) > 2
    assert max(len(orjson.dumps(batch)) for batch in found) < 1_000_000
    assert list(batches([], 100)) == []


def test_an_experiment_becomes_flat() -> None:
    found = {item["key"]: item["value"] for item in params(JOB)}
    counts = found.pop("data.counts")
    assert found == {
        "network.layers.0.kind": "linear",
        "network.layers.0.out_features": "3",
        "network.layers.1.kind": "flatten",
        "data.shuffled": "true",
        "remedies.0.kind": "l2",
        "remedies.0.strength": "0.1",
    }
    assert len(counts) == 6000
    assert counts.startswith("[0,1,2,3,")


def test_a_label_takes_no_name_that_means_something() -> None:
    found = {item["key"]: item["value"] for item in tags(JOB, "http://page")}
    assert found["course"] == "dl101"
    assert found["label.mlflow.runName"] == "mine"
    assert "mlflow.runName" not in found
    assert found["label.gradclinic.verdict"] == "fine"
    assert found["gradclinic.verdict"] == "healthy"
    assert found["a..b"] == "odd"
