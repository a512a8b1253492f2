"""Checks that span network, data and training."""

from typing import Any

import pytest

from service.errors import InvalidExperiment
from tests.experiments import body, linear, resolved

_REAL: dict[str, Any] = {"source": {"kind": "diabetes"}}


def _aiming(metric: str) -> dict[str, Any]:
    return {"loss": "mse", "target": {"metric": metric, "value": 0.5}}


@pytest.mark.parametrize(
    ("training", "data", "pointer", "sentence"),
    [
        (_aiming("accuracy"), _REAL, "/training/target/metric", "aim at a loss"),
        (
            _aiming("validation_loss"),
            {**_REAL, "validation_fraction": 0.0},
            "/training/target/metric",
            "raise data.validation_fraction",
        ),
        ({"loss": "mse", "grad_accumulation": 1000}, _REAL, "/training/grad_accumulation", "only 354 samples"),
    ],
)
def test_what_cannot_be_trained_is_refused_with_its_place(
    training: dict[str, Any], data: dict[str, Any], pointer: str, sentence: str
) -> None:
    with pytest.raises(InvalidExperiment, match=sentence) as refused:
        resolved(body(linear(1), training=training, data=data))
    assert [error["pointer"] for error in refused.value.errors] == [pointer]


@pytest.mark.parametrize("metric", ["loss", "validation_loss"])
def test_a_target_that_can_be_measured_is_admitted(metric: str) -> None:
    run = resolved(body(linear(1), training=_aiming(metric), data=_REAL))
    assert run.training.target is not None


def test_a_step_takes_as_many_samples_as_there_are_passes() -> None:
    run = resolved(body(linear(10), training={"batch_size": 1000, "grad_accumulation": 4}))
    assert (run.micro_batch_size, run.batch_size) == (359, 1436)  # of the 1438 that are trained on
