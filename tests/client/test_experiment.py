"""What is sent for an experiment."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from gradclinic.experiment import body, with_remedies

_RELU = {"kind": "activation", "function": "relu"}
_ADAM = {"kind": "optimizer", "name": "adam", "lr": 0.001}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"lr": 0.1}, {"lr": 0.1}),
        ({"lr": np.float32(0.5), "steps": np.int64(3)}, {"lr": 0.5, "steps": 3}),
        ({"betas": np.array([0.5, 0.25])}, {"betas": [0.5, 0.25]}),
        (MappingProxyType({"a": MappingProxyType({"b": 1})}), {"a": {"b": 1}}),
        ({"name": "σ"}, {"name": "σ"}),
    ],
    ids=["plain", "numbers of numpy", "arrays of numpy", "mappings", "letters"],
)
def test_an_object_is_sent_as_json(given: Mapping[str, Any], sent: dict[str, Any]) -> None:
    assert json.loads(body(given)) == sent


def test_a_file_is_sent_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "e.json").write_bytes(b'{"a": 1} ')
    assert body(tmp_path / "e.json") == body(str(tmp_path / "e.json")) == body(b'{"a": 1} ') == b'{"a": 1} '


def test_no_number_is_sent_as_such_and_not_as_nothing() -> None:
    assert body({"lr": float("nan")}) == b'{"lr": NaN}'


def test_what_json_cannot_say_is_told_so() -> None:
    with pytest.raises(TypeError, match="made of numbers, texts, lists and objects"):
        body({"layer": object()})


def test_a_remedy_takes_the_place_of_one_of_its_kind() -> None:
    sick = {"name": "n", "remedies": [{"kind": "activation", "function": "tanh"}, {"kind": "batch_norm"}]}
    assert with_remedies(sick, [_RELU, _ADAM]) == {"name": "n", "remedies": [{"kind": "batch_norm"}, _RELU, _ADAM]}
    assert sick["remedies"][0] == {"kind": "activation", "function": "tanh"}
    assert with_remedies({}, [_RELU]) == {"remedies": [_RELU]}
