"""The document that lays measurement beside theory."""

import json
from math import inf, nan

import pytest

from service.theory.document import TheoryDocument, theory
from tests.experiments import activation, body, linear, repeat, resolved
from tests.theory.profiles import BLOBS

RUN = resolved(body(repeat(2, linear(64), activation("relu")), linear(10), init={"scheme": "he"}, source=BLOBS))
NAMES = ("00 linear", "02 linear", "04 linear")


def rows(measured: dict[str, float] | None) -> list[bool | None]:
    return [row.agrees for row in theory(RUN, measured).layers]


def test_nothing_measured_yet() -> None:
    document = theory(RUN)
    assert [row.layer for row in document.layers] == list(NAMES)
    assert [(row.measured, row.agrees) for row in document.layers] == [(None, None)] * 3
    assert document.input_second_moment == 1


@pytest.mark.parametrize(
    ("first", "agrees"), [(1.0, True), (1.37, True), (0.65, True), (1.5, False), (0.5, False), (nan, None), (inf, None)]
)
def test_what_is_measured_lies_in_the_band_or_not(first: float, agrees: bool | None) -> None:
    """The band of two ReLU layers, Var log‖δ‖² = 10/64: from 0.65 to 1.43."""
    assert rows({NAMES[0]: 7 * first, NAMES[1]: 7.0, NAMES[2]: 7.0}) == [agrees, True, True]


@pytest.mark.parametrize("last", [0.0, nan, inf])
def test_without_a_last_norm_there_is_no_ratio(last: float) -> None:
    assert rows({NAMES[0]: 1.0, NAMES[1]: 1.0, NAMES[2]: last}) == [None] * 3


def test_a_signal_below_float32_is_measured_as_zero() -> None:
    deep = resolved(body(repeat(200, linear(16), activation("sigmoid")), linear(10), init={"scheme": "xavier"}))
    agree = [row.agrees for row in theory(deep, {"000 linear": 0.0, "398 linear": 0.0, "400 linear": 1.0}).layers]
    assert (agree[0], agree[-2]) == (True, False)


def test_the_document_is_plain_json() -> None:
    document = theory(RUN, dict.fromkeys(NAMES, 1.0), 0.5)
    assert TheoryDocument.model_validate(json.loads(document.model_dump_json())) == document
    assert document.input_second_moment == 0.5
