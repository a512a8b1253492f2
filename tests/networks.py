"""Random networks that fit the data that reaches them: every layer kind, nested, small."""

from collections.abc import Callable
from math import gcd, prod
from typing import Any

from hypothesis import strategies as st
from pydantic import TypeAdapter

from service.spec.activations import ACTIVATIONS
from service.spec.layers import AnyLayer, Layer
from service.spec.layers.containers import shape_behind
from service.spec.network import Network
from service.spec.shapes import Shape, ShapeError, Tokens
from tests.experiments import activation, linear, repeat, residual

Sent = dict[str, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]

_LAYERS: TypeAdapter[tuple[Layer, ...]] = TypeAdapter(tuple[AnyLayer, ...])
_SMALL, _FLAG = st.integers(1, 6), st.booleans()
_DEEPEST = 3

DATA: dict[str, st.SearchStrategy[Shape]] = {
    "vector": st.tuples(_SMALL),
    "sequence": st.tuples(_SMALL, _SMALL),
    "signal": st.tuples(_SMALL, st.integers(1, 9)),
    "image": st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 9)),
    "tokens": st.builds(lambda time, vocabulary: Tokens((time,), vocabulary), _SMALL, st.integers(2, 6)),
}
INITS: list[Sent] = [
    {"scheme": "torch_default"}, {"scheme": "xavier", "distribution": "uniform"}, {"scheme": "he"}, {"scheme": "lecun"},
    {"scheme": "orthogonal", "bias": {"scheme": "orthogonal"}}, {"scheme": "normal", "std": 0.1}, {"scheme": "uniform"},
    {"scheme": "truncated_normal", "bias": {"scheme": "torch_default"}}, {"scheme": "constant", "value": 0.1},
    {"scheme": "lsuv"},
]  # fmt: skip


@st.composite
def networks(draw: st.DrawFn, data: str) -> tuple[Network, Shape]:
    """A network that ends in numbers to train on, and the shape of the samples it fits."""
    shape = draw(DATA[data])
    layers, _ = _body(draw, shape, depth=0)
    layers.append(linear(draw(_SMALL)))
    return Network.model_validate({"layers": layers, "init": draw(st.sampled_from(INITS))}), shape


def bodies(shape: Shape) -> st.SearchStrategy[list[Sent]]:
    """Layers as they are sent, that samples of `shape` pass."""
    return st.composite(lambda draw: _body(draw, shape, depth=0)[0])()


def _body(draw: Draw, shape: Shape, depth: int) -> tuple[list[Sent], Shape]:
    layers: list[Sent] = []
    for _ in range(draw(st.integers(1, 3) if depth else st.integers(3, 7))):
        chosen, shape = _layer(draw, shape, depth)
        layers += chosen
    return layers, shape


def _layer(draw: Draw, shape: Shape, depth: int) -> tuple[list[Sent], Shape]:
    """A layer and the shape behind it; a container that does not fit is left out and its layers stay."""
    kinds = [*_FITTING[len(shape)], *_NESTED] if depth < _DEEPEST else _FITTING[len(shape)]
    make = _embedding if isinstance(shape, Tokens) else draw(st.sampled_from(kinds))
    if make not in _NESTED:
        layers = [make(draw, shape)]
        return layers, _behind(layers, shape)
    inside, behind = _body(draw, shape, depth + 1)
    layers = [residual(*inside) if make is residual else repeat(draw(st.integers(1, 3)), *inside)]
    try:
        return layers, _behind(layers, shape)
    except ShapeError:
        return inside, behind


def _behind(layers: list[Sent], shape: Shape) -> Shape:
    return shape_behind(_LAYERS.validate_python(layers), shape)


def _linear(draw: Draw, shape: Shape) -> Sent:
    return linear(draw(_SMALL), bias=draw(_FLAG))


def _activation(draw: Draw, shape: Shape) -> Sent:
    return activation(draw(st.sampled_from(sorted(ACTIVATIONS))))


def _norm(draw: Draw, shape: Shape) -> Sent:
    groups = [number for number in range(1, shape[0] + 1) if shape[0] % number == 0 and number != prod(shape)]
    kinds = ["batch_norm", "layer_norm", "group_norm"] if groups else ["batch_norm", "layer_norm"]
    match draw(st.sampled_from(kinds)):
        case "group_norm":
            return {"kind": "group_norm", "num_groups": draw(st.sampled_from(groups)), "affine": draw(_FLAG)}
        case "layer_norm":
            return {"kind": "layer_norm", "bias": draw(_FLAG)}
        case kind:
            return {"kind": kind, "affine": draw(_FLAG)}


def _reshaping(draw: Draw, shape: Shape) -> Sent:
    kinds: list[Sent] = [*[{"kind": "dropout", "p": 0.25}] * len(shape), {"kind": "flatten"}]
    if len(shape) == 2:
        kinds.append({"kind": "transpose"})
    return draw(st.sampled_from(kinds))  # type: ignore[no-any-return]


def _convolution(draw: Draw, shape: Shape) -> Sent:
    axes, shortest = len(shape) - 1, min(shape[1:])
    groups = draw(st.sampled_from([number for number in range(1, shape[0] + 1) if shape[0] % number == 0]))
    kernel = draw(st.integers(1, min(4, shortest)))
    dilation = draw(st.integers(1, 3)) if 3 * (kernel - 1) < shortest else 1
    padding = draw(st.sampled_from([0, 1, 2, "same", "valid", *([[2, 0]] if axes == 2 else [])]))
    stride = 1 if padding == "same" else draw(st.sampled_from([1, 2, 3, *([[1, 2]] if axes == 2 else [])]))
    return {
        "kind": f"conv{axes}d", "out_channels": groups * draw(st.integers(1, 3)), "kernel_size": kernel,
        "groups": groups, "stride": stride, "padding": padding, "dilation": dilation, "bias": draw(_FLAG),
    }  # fmt: skip


def _pool(draw: Draw, shape: Shape) -> Sent:
    kind = draw(st.sampled_from(["max_pool", "avg_pool", "global_avg_pool"]))
    if kind == "global_avg_pool":
        return {"kind": kind}
    kernel = draw(st.integers(1, min(4, *shape[1:])))
    padding = draw(st.integers(0, kernel // 2))
    stride = draw(st.sampled_from([None, 1, 2]))
    return {"kind": kind, "kernel_size": kernel, "padding": padding, "stride": stride}


def _recurrent(draw: Draw, shape: Shape) -> Sent:
    kind = draw(st.sampled_from(["rnn", "lstm", "gru"]))
    sent = {
        "kind": kind, "hidden_size": draw(st.integers(1, 4)), "num_layers": draw(st.integers(1, 2)),
        "bidirectional": draw(_FLAG), "bias": draw(_FLAG), "output": draw(st.sampled_from(["last", "sequence"])),
    }  # fmt: skip
    return {**sent, "nonlinearity": draw(st.sampled_from(["tanh", "relu"]))} if kind == "rnn" else sent


def _attention(draw: Draw, shape: Shape) -> Sent:
    heads = gcd(shape[1], draw(st.sampled_from([1, 2, 3])))
    return {"kind": "self_attention", "num_heads": heads, "causal": draw(_FLAG), "bias": draw(_FLAG)}


def _positions(draw: Draw, shape: Shape) -> Sent:
    return {"kind": "positional_encoding", "learned": draw(_FLAG)}


def _embedding(draw: Draw, shape: Shape) -> Sent:
    return {"kind": "embedding", "embedding_dim": draw(_SMALL), "num_embeddings": draw(st.sampled_from([None, 6, 9]))}


_NESTED = [residual, repeat]
_ANYWHERE = [_linear, _activation, _norm, _reshaping]
_FITTING: dict[int, list[Any]] = {
    1: _ANYWHERE,
    2: [*_ANYWHERE, _convolution, _pool, _recurrent, _attention, _positions, _convolution, _recurrent],
    3: [*_ANYWHERE, _convolution, _convolution, _convolution, _pool],
}
