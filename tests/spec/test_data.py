"""Data as it is asked for: bounds, layouts and defaults."""

from typing import Any

import pytest
from pydantic import ValidationError

from service.errors import InvalidExperiment
from service.spec.data.data import Data
from service.spec.data.english import CHARACTERS
from tests.experiments import body, linear, resolved


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ({"kind": "moons", "n_samples": 3}, "n_samples"),
        ({"kind": "spirals", "n_classes": 1}, "n_classes"),
        ({"kind": "spirals", "turns": 0.0}, "turns"),
        ({"kind": "xor", "n_features": 1}, "n_features"),
        ({"kind": "xor", "noise": -1.0}, "noise"),
        ({"kind": "regression", "noise": 1.0}, "noise"),
        ({"kind": "regression", "width": 10**6}, "width"),
        ({"kind": "adding", "length": 1}, "length"),
        ({"kind": "adding", "length": 10**9}, "length"),
        ({"kind": "copy_memory", "delay": 0}, "delay"),
        ({"kind": "copy_memory", "symbols": 1}, "symbols"),
        ({"kind": "iris", "n_samples": 10}, "n_samples"),
    ],
    ids=lambda given: "" if isinstance(given, str) else str(given),
)
def test_sources_are_bounded(source: dict[str, Any], place: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Data.model_validate({"source": source})
    assert [error["loc"] for error in refused.value.errors()] == [("source", source["kind"], place)]


def test_no_more_text_is_asked_for_than_there_is() -> None:
    most = CHARACTERS // 101
    Data.model_validate({"source": {"kind": "text", "n_samples": most, "length": 100}})
    with pytest.raises(ValidationError, match=f"the text holds {most} samples of this length; lower n_samples or"):
        Data.model_validate({"source": {"kind": "text", "n_samples": most + 1, "length": 100}})


@pytest.mark.parametrize(
    ("source", "asked", "scaled"),
    [
        ({"kind": "diabetes"}, None, True),
        ({"kind": "diabetes"}, False, False),
        ({"kind": "adding"}, None, False),
        ({"kind": "adding"}, True, True),
        ({"kind": "iris"}, True, False),
    ],
)
def test_targets_are_scaled_where_they_come_in_units_of_their_own(
    source: dict[str, Any], asked: bool | None, scaled: bool
) -> None:
    assert Data.model_validate({"source": source, "normalize_target": asked}).scales_target is scaled


@pytest.mark.parametrize(
    ("source", "shape", "detail"),
    [
        ({"kind": "digits"}, [8, 9], "Samples have shape [1, 8, 8], which cannot be laid out as [8, 9]."),
        ({"kind": "text"}, [8, 8], "Samples have shape [64], which cannot be laid out as [8, 8]."),
    ],
    ids=["another size", "tokens"],
)
def test_a_layout_that_cannot_be_had_is_refused(source: dict[str, Any], shape: list[int], detail: str) -> None:
    with pytest.raises(InvalidExperiment) as refused:
        resolved(body(linear(10), source=source, data={"shape": shape}))
    assert refused.value.errors == [{"pointer": "/data/shape", "detail": detail}]


@pytest.mark.parametrize("kind", ["text", "copy_memory"])
def test_tokens_go_to_an_embedding(kind: str) -> None:
    with pytest.raises(InvalidExperiment, match="put an embedding first") as refused:
        resolved(body(linear(96), source={"kind": kind}))
    assert refused.value.errors[0]["pointer"] == "/network/layers/0"
