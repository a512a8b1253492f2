"""Whatever is trained has a profile: of numbers that JSON knows, or of reasons."""

import json
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.spec.network import unroll
from service.spec.run import RunSpec
from service.spec.shapes import Shape, Tokens
from service.theory.document import theory
from tests.networks import DATA, networks


def data(shape: Shape) -> dict[str, object]:
    if isinstance(shape, Tokens):
        return {"source": {"kind": "text"}}
    return {"source": {"kind": "blobs", "n_features": prod(shape)}, "shape": shape}


@pytest.mark.parametrize("kind", sorted(set(DATA) - {"tokens"}))
@given(drawn=st.data())
@settings(max_examples=60, deadline=None)
def test_every_network_has_a_profile(kind: str, drawn: st.DataObject) -> None:
    network, shape = drawn.draw(networks(kind))
    run = RunSpec.model_validate({
        "network": unroll(network), "data": data(shape), "training": {"loss": "mse", "steps": 1},
    })  # fmt: skip
    document = theory(run, {}, drawn.draw(st.sampled_from([None, 0.5, (0.1, 3.0)])))
    json.loads(document.model_dump_json(), parse_constant=pytest.fail)
    weights = [placed.name for placed in run.placed() if placed.has_weight]
    assert [row.layer for row in document.layers] == weights
    for row in document.layers:
        assert row.delta_norm_ratio is not None or row.reason
        if row.low is not None and row.high is not None:
            assert row.delta_norm_ratio is not None
            assert 0 <= row.low <= row.high
    if document.layers:
        assert document.layers[-1].delta_norm_ratio == 1
