"""Unrolling, naming and shape inference."""

import pytest

from service.errors import InvalidExperiment
from service.spec.network import layer_count, unroll
from service.spec.run import RunSpec, layer_rows
from tests.experiments import activation, body, experiment, linear, repeat, residual, resolved


def names(sent: dict[str, object]) -> list[str]:
    return [row.layer for row in layer_rows(resolved(sent))]


def test_layers_are_named_by_their_depth() -> None:
    sent = body(repeat(2, linear(8), activation("tanh")), linear(10))
    assert names(sent) == ["00 linear", "01 activation", "02 linear", "03 activation", "04 linear"]


def test_a_residual_stands_behind_the_layers_inside_it() -> None:
    sent = body(residual(linear(64), activation("relu")), linear(10))
    assert names(sent) == ["00 linear", "01 activation", "01 residual", "02 linear"]


def test_names_sort_in_depth_order_beyond_a_hundred_layers() -> None:
    sent = body(repeat(60, linear(4), activation("relu")), linear(10))
    found = names(sent)
    assert found == sorted(found)
    assert found[0] == "000 linear"


def test_a_given_name_becomes_the_label() -> None:
    assert names(body(linear(8, name="encoder"), activation("relu"), linear(10)))[0] == "00 encoder"


def test_the_longest_names_are_still_names_behind_every_remedy() -> None:
    long = "a" * 128
    sent = body(linear(10, name=long), activation("relu", name=long), residual(linear(10, name=long)), linear(10))
    run = resolved({**sent, "remedies": [{"kind": "batch_norm"}, {"kind": "residual", "project": True}]})
    assert RunSpec.model_validate_json(run.model_dump_json(exclude_none=True)) == run
    found = [row.layer for row in layer_rows(run)]
    assert len(set(found)) == len(found)
    assert found[0] == f"00 {'a' * 61}"


def test_names_are_unique_where_residuals_end_together() -> None:
    sent = body(residual(residual(linear(64))), linear(10))
    assert names(sent) == ["00 linear", "00 residual", "00 residual 2", "01 linear"]


def test_sending_a_resolved_network_again_keeps_its_names() -> None:
    first = resolved(body(repeat(3, linear(8), activation("tanh")), linear(10)))
    again = {**body(), "network": first.network.model_dump(mode="json", exclude_none=True)}
    assert resolved(again).network == first.network


def test_every_repetition_is_one_layer_of_its_own() -> None:
    network = experiment(body(repeat(3, repeat(2, linear(8)), activation("relu")), linear(10))).network
    assert layer_count(network.layers) == 3 * 3 + 1
    assert len(unroll(network).layers) == 10


def test_a_network_of_too_many_layers_is_refused_by_arithmetic() -> None:
    sent = body(repeat(512, repeat(512, repeat(512, linear(8)))), linear(10))
    with pytest.raises(InvalidExperiment, match="134217729 layers") as refused:
        resolved(sent)
    assert refused.value.errors[0]["pointer"] == "/network/layers"


def test_residuals_inside_residuals_count_as_layers() -> None:
    nested = linear(10)
    for _ in range(50):
        nested = residual(nested)
    assert layer_count(experiment(body(nested)).network.layers) == 51
    with pytest.raises(InvalidExperiment, match="561 layers"):
        resolved(body(repeat(11, nested)))


def test_parameters_are_counted_exactly() -> None:
    rows = layer_rows(resolved(body(linear(8, bias=False), activation("prelu"), {"kind": "batch_norm"}, linear(10))))
    assert [row.parameters for row in rows] == [64 * 8, 1, 16, 8 * 10 + 10]


def test_a_residual_projects_where_its_ends_differ() -> None:
    rows = layer_rows(resolved(body(residual(linear(32), activation("relu")), linear(10))))
    assert [(row.kind, row.parameters, row.shape) for row in rows] == [
        ("linear", 64 * 32 + 32, (32,)), ("activation", 0, (32,)), ("residual", 64 * 32, (32,)), ("linear", 330, (10,)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        pytest.param(body(linear(4)), "/training/loss", id="too few outputs for ten classes"),
        pytest.param(body(activation("relu"), training={"loss": "mse"}), "/network/layers", id="no parameters"),
        pytest.param(
            body(linear(8), {"kind": "batch_norm"}, linear(10), training={"batch_size": 1}),
            "/network/layers/1",
            id="batch norm over a single sample",
        ),
        pytest.param(
            body(linear(5), source={"kind": "circles"}, training={"loss": "bce_with_logits"}),
            "/training/loss",
            id="five outputs for two classes",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused_with_its_place(sent: dict[str, object], pointer: str) -> None:
    with pytest.raises(InvalidExperiment) as refused:
        resolved(sent)
    assert [error["pointer"] for error in refused.value.errors] == [pointer]


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(body(linear(12)), id="spare outputs"),
        pytest.param(body(training={"loss": "bce_with_logits"}), id="one-hot"),
        pytest.param(body(training={"loss": "mse"}), id="one-hot by mse"),
        pytest.param(
            body(linear(1), source={"kind": "circles"}, training={"loss": "bce_with_logits"}), id="one logit for two"
        ),
        pytest.param(body(training={"batch_size": 5000}), id="a batch larger than the data"),
        pytest.param(body(data={"validation_fraction": 0.0}), id="nothing held back"),
    ],
)
def test_what_can_be_trained_is_let_through(sent: dict[str, object]) -> None:
    assert resolved(sent).total_steps == 20
