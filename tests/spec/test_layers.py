"""Layer kinds: what they refuse and what they then say, PyTorch's defaults, and how samples are laid out for them."""

import inspect
from typing import Any

import pytest
from pydantic import ValidationError

from service.errors import InvalidExperiment
from service.experiment import Experiment
from service.spec.network import place, unroll
from service.spec.shapes import Shape, Tokens
from tests.experiments import body, conv, experiment, linear, repeat, residual, resolved
from worker.targets import resolve

POOL = {"kind": "max_pool", "kernel_size": 2}
RNN = {"kind": "rnn", "hidden_size": 4}
BATCH_NORM = {"kind": "batch_norm"}

IMPOSSIBLE: list[tuple[dict[str, Any], Shape, str]] = [
    (conv("conv2d", 4, 9), (1, 8, 8), "a window of 9 does not fit on an axis of 8; lower kernel_size"),
    (
        conv("conv2d", 4, 3, dilation=5, padding=1),
        (1, 8, 8),
        "a window of 11 does not fit on an axis of 8 and 2 of pad",
    ),
    (conv("conv2d", 4, 3, groups=2), (3, 8, 8), r"groups \(2\) must divide the channels that reach it \(3\)"),
    (conv("conv2d", 5, 3, groups=2), (4, 8, 8), r"groups \(2\) must divide out_channels \(5\)"),
    (conv("conv2d", 4, 3, padding="same", stride=2), (1, 8, 8), "needs a stride of 1"),
    (conv("conv2d", 4, 3, padding="same", stride=[1, 2]), (1, 8, 8), "needs a stride of 1"),
    (conv("conv2d", 4, 3), (64,), "reads images .* and these have 1 dimension; set data.shape"),
    (conv("conv1d", 4, 3), (1, 8, 8), "reads signals .* and these have 3 dimensions"),
    ({"kind": "max_pool", "kernel_size": 3, "padding": 2}, (1, 8, 8), r"padding \(2\) may be at most half"),
    ({"kind": "avg_pool", "kernel_size": [2, 2]}, (1, 8), "for two; give a single number"),
    ({"kind": "avg_pool", "kernel_size": 2}, (1, 8, 1), "does not fit on an axis of 1"),
    ({"kind": "transpose"}, (1, 8, 8), "takes samples of 2 dimensions; these have 3"),
    (POOL, (64,), "these have 1 dimension; put it before the layers that flatten"),
    ({"kind": "global_avg_pool"}, (64,), "these have 1 dimension"),
    ({"kind": "group_norm", "num_groups": 3}, (4, 8), r"num_groups \(3\) must divide the channels \(4\)"),
    ({"kind": "group_norm", "num_groups": 4}, (4,), "every group would hold one value"),
    ({"kind": "batch_norm"}, (1, 2, 3, 4), "1 to 3 dimensions"),
    (RNN, (1, 8, 8), "reads sequences .* and these have 3 dimensions; reduce images to vectors by flatten"),
    ({**RNN, "kind": "lstm"}, (8,), "these have 1 dimension; let the layer before it put out a sequence"),
    ({"kind": "self_attention", "num_heads": 3}, (7, 8), r"num_heads \(3\) must divide the features \(8\)"),
    ({"kind": "self_attention"}, (8,), "reads sequences"),
    ({"kind": "positional_encoding"}, (1, 8, 8), "reads sequences"),
    ({"kind": "embedding", "embedding_dim": 4}, (8,), "reads tokens and these are numbers"),
    ({"kind": "embedding", "embedding_dim": 4, "num_embeddings": 10}, Tokens((8,), 11), "the data has 11 tokens"),
    (linear(4), Tokens((8,), 11), "put an embedding first"),
    (residual({"kind": "embedding", "embedding_dim": 4}), Tokens((8,), 11), "put an embedding first"),
    (residual(conv("conv2d", 4, 3)), (1, 8, 8), "no stride makes 6 of the skip path's 8"),
    (residual(conv("conv2d", 4, 3), {"kind": "flatten"}), (1, 8, 8), r"give \[144\], and no projection"),
    (residual(conv("conv1d", 4, 3, padding=2)), (1, 8), "no stride makes 10"),
    (residual(linear(4), {"kind": "flatten"}), (2, 8), r"give \[8\], and no projection"),
]


@pytest.mark.parametrize(("sent", "shape", "sentence"), IMPOSSIBLE)
def test_what_cannot_be_is_refused_with_a_sentence(sent: dict[str, Any], shape: Shape, sentence: str) -> None:
    with pytest.raises(InvalidExperiment, match=sentence) as refused:
        place(experiment(body(sent)).network, shape)
    assert refused.value.errors[0]["pointer"] == "/network/layers/0"


def test_the_place_of_a_layer_inside_containers_is_said() -> None:
    network = experiment(body(conv("conv2d", 4, 3), repeat(4, residual(conv("conv2d", 4, 1), POOL)))).network
    with pytest.raises(InvalidExperiment, match=r"\[4, 1, 1\] reach this layer: a window of 2") as refused:
        place(network, (1, 8, 8))
    assert refused.value.errors[0]["pointer"] == "/network/layers/1/layers/0/layers/1"


@pytest.mark.parametrize(
    "layer",
    [
        conv("conv2d", 4, [3, 3, 3]), conv("conv2d", 4, 0), conv("conv2d", 4, True), conv("conv2d", 4, 3.0),
        conv("conv2d", 4, 3, padding="full"), conv("conv2d", 4, 3, padding=-1), conv("conv2d", 4, 3, stride="same"),
        conv("conv1d", 4, [3]), conv("conv1d", 4, 3, padding=[1]), {**POOL, "padding": "same"}, {**POOL, "stride": 0},
        {**RNN, "output": "all"}, {**RNN, "num_layers": 33}, {**RNN, "kind": "gru", "nonlinearity": "relu"},
        {"kind": "embedding", "embedding_dim": 10**7}, {"kind": "self_attention", "num_heads": 0},
    ],
    ids=str,
)  # fmt: skip
def test_fields_are_bounded(layer: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        experiment(body(layer, linear(10)))
    assert len(refused.value.errors()) == 1


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (conv("conv1d", 4, 3), (4, 8)), (conv("conv2d", 4, 3), (4, 8, 8)), (POOL, (4, 8)),
        ({**POOL, "kind": "avg_pool"}, (4, 8, 8)), ({"kind": "group_norm", "num_groups": 2}, (4, 8)), (RNN, (7, 3)),
        ({**RNN, "kind": "lstm"}, (7, 3)), ({**RNN, "kind": "gru"}, (7, 3)),
    ],
)  # fmt: skip
def test_defaults_are_torchs(layer: dict[str, Any], shape: Shape) -> None:
    sent = experiment(body(layer)).network.layers[0]
    known = resolve(sent.module(shape).target)
    torchs = next(kind for kind in inspect.getmro(known) if kind.__module__.startswith("torch.nn"))
    parameters = dict(inspect.signature(torchs).parameters)
    if layer["kind"] in {"rnn", "lstm", "gru"}:
        defaults = vars(torchs(1, 1))
        assert (sent.num_layers, sent.bidirectional, sent.bias) == tuple(
            defaults[name] for name in ("num_layers", "bidirectional", "bias")
        )
        return
    ours = {name: field.default for name, field in type(sent).model_fields.items() if name in parameters}
    assert {name: value for name, value in ours.items() if name not in layer} == {
        name: parameters[name].default for name in ours if name not in layer
    }


VIEWS: list[tuple[list[dict[str, Any]], Shape]] = [
    ([linear(4)], (64,)),
    ([conv("conv2d", 4, 3)], (1, 8, 8)),
    ([conv("conv1d", 4, 3)], (1, 64)),
    ([RNN], (8, 8)),
    ([BATCH_NORM, {"kind": "self_attention"}], (8, 8)),
    ([POOL, linear(4)], (1, 8, 8)),
    ([POOL, conv("conv1d", 4, 3)], (1, 64)),
    ([{"kind": "global_avg_pool"}], (1, 8, 8)),
    ([repeat(2, residual({"kind": "dropout"}, conv("conv2d", 1, 1)))], (1, 8, 8)),
    ([{"kind": "dropout"}], (64,)),
]


@pytest.mark.parametrize(("layers", "shape"), VIEWS)
def test_digits_are_laid_out_for_the_layer_that_reads_them_first(layers: list[dict[str, Any]], shape: Shape) -> None:
    run = resolved(body(*layers, {"kind": "flatten"}, linear(10)))
    assert run.placed()[0].in_shape == shape


@pytest.mark.parametrize(("shape", "refused"), [((4,), True), ((4, 1), True), ((4, 2), False)])
def test_batch_norm_needs_two_values_of_a_channel(shape: Shape, refused: bool) -> None:
    channels, *window = shape
    to_shape = [conv("conv1d", channels, 64 // window[0])] if window else [linear(channels)]
    stride = {"stride": 64 // window[0]} if window else {}
    to_shape[0] |= stride
    sent = body(*to_shape, BATCH_NORM, {"kind": "flatten"}, linear(10), training={"batch_size": 1})
    if not refused:
        assert resolved(sent).placed()[1].out_shape == shape
        return
    with pytest.raises(InvalidExperiment, match="at least two values of each channel") as error:
        resolved(sent)
    assert error.value.errors[0]["pointer"] == "/network/layers/1"


@pytest.mark.parametrize("depth", [300, 5000])
def test_absurd_nesting_is_a_validation_error(depth: int) -> None:
    nested = linear(10)
    for _ in range(depth):
        nested = residual(nested)
    with pytest.raises(ValidationError):
        Experiment.model_validate(body(nested))


def test_sixty_residuals_may_be_nested() -> None:
    nested = linear(64)
    for _ in range(60):
        nested = residual(nested)
    assert len(unroll(experiment(body(nested, linear(10))).network).layers) == 2
    assert len(resolved(body(nested, linear(10))).placed()) == 62
