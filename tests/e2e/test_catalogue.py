"""Everything the catalogue names, trained through the real service."""

import time
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from service.api.catalog import catalogue
from service.spec.data.data import SOURCES
from service.spec.schedules import SCHEDULES
from tests.experiments import activation, body, linear, repeat, residual

Body = dict[str, Any]
_CONV: Body = {"kind": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1}
_FLAT: Body = {"kind": "flatten"}
_TOKENS: Body = {"kind": "text", "n_samples": 64, "length": 8}
_EMBEDDING: Body = {"kind": "embedding", "embedding_dim": 8}
_SHORT = {"steps": 3, "batch_size": 16}


def _size(source: str) -> int:
    """How many classes a source has."""
    return SOURCES[source].model_validate({"kind": source}).target().size


def _sent(*layers: Body, **rest: Any) -> Body:
    return body(*layers, **{"training": {}, **rest, **_training(rest)})


def _training(rest: Mapping[str, Any]) -> Body:
    return {"training": {**_SHORT, **rest.get("training", {})}}


def _image(*layers: Body) -> Body:
    return _sent(*layers, _FLAT, linear(10))


def _recurrent(kind: str) -> Body:
    layer = {"kind": kind, "hidden_size": 6}
    both = {**layer, "num_layers": 2, "bidirectional": True, "output": "sequence"}
    return _sent(both, {**layer, "output": "last"}, linear(10))


_LAYERS: dict[str, Body] = {
    "linear": _sent(linear(16), linear(10)),
    "conv1d": _image({"kind": "conv1d", "out_channels": 4, "kernel_size": 3}),
    "conv2d": _image(_CONV),
    "activation": _sent(linear(16), activation("relu"), linear(10)),
    "batch_norm": _image(_CONV, {"kind": "batch_norm"}),
    "layer_norm": _sent(linear(16), {"kind": "layer_norm"}, linear(10)),
    "group_norm": _image(_CONV, {"kind": "group_norm", "num_groups": 2}),
    "dropout": _sent(linear(16), {"kind": "dropout", "p": 0.3}, linear(10)),
    "flatten": _image(_CONV),
    "transpose": _sent(
        _EMBEDDING,
        {"kind": "transpose"},
        {"kind": "conv1d", "out_channels": 4, "kernel_size": 3},
        _FLAT,
        linear(_size("text")),
        source=_TOKENS,
    ),
    "max_pool": _image(_CONV, {"kind": "max_pool", "kernel_size": 2}),
    "avg_pool": _image(_CONV, {"kind": "avg_pool", "kernel_size": 2}),
    "global_avg_pool": _sent(_CONV, {"kind": "global_avg_pool"}, linear(10)),
    "embedding": _sent(_EMBEDDING, {"kind": "lstm", "hidden_size": 6}, linear(_size("text")), source=_TOKENS),
    "rnn": _recurrent("rnn"),
    "lstm": _recurrent("lstm"),
    "gru": _recurrent("gru"),
    "self_attention": _image({"kind": "self_attention", "num_heads": 2, "causal": True}),
    "positional_encoding": _image({"kind": "positional_encoding"}, {"kind": "self_attention"}),
    "residual": _image(residual(_CONV, activation("relu"), {**_CONV, "stride": 2})),
    "repeat": _image(repeat(2, residual(repeat(2, {**_CONV, "out_channels": 1}, activation("relu"))))),
}
_VECTORS = ("iris", "wine", "breast_cancer", "circles", "moons", "blobs", "spirals", "xor")


def _classifier(kind: str) -> Body:
    return _sent(linear(8), activation("tanh"), linear(_size(kind)), source={"kind": kind})


def _reader(source: Body) -> Body:
    size = _size(source["kind"])
    return _sent(_EMBEDDING, {"kind": "gru", "hidden_size": 6, "output": "sequence"}, linear(size), source=source)


def _real(kind: str, *layers: Body, loss: str = "mse", **source: Any) -> Body:
    return _sent(*layers, source={"kind": kind, **source}, training={"loss": loss})


_SOURCES: dict[str, Body] = {
    "digits": _sent(linear(10)),
    **{kind: _classifier(kind) for kind in _VECTORS},
    "diabetes": _real("diabetes", linear(8), activation("relu"), linear(1)),
    "regression": _real("regression", linear(8), activation("relu"), linear(1)),
    "adding": _real("adding", {"kind": "rnn", "hidden_size": 6, "output": "last"}, linear(1), n_samples=64),
    "copy_memory": _reader({"kind": "copy_memory", "n_samples": 64}),
    "text": _reader(_TOKENS),
}
_SIGMOID_2 = (linear(8), activation("relu"), linear(1), activation("sigmoid"))
_LOSSES: dict[str, Body] = {
    "cross_entropy": _sent(linear(10)),
    "nll": _sent(linear(10), activation("log_softmax"), training={"loss": "nll"}),
    "bce_with_logits": _sent(linear(1), source={"kind": "circles"}, training={"loss": "bce_with_logits"}),
    "bce": _sent(*_SIGMOID_2, source={"kind": "circles"}, training={"loss": "bce"}),
    **{loss: _real("diabetes", linear(4), linear(1), loss=loss) for loss in ("mse", "l1", "huber")},
}
_NEEDS: dict[str, Body] = {"constant": {"value": 0.01}}
_REMEDIES: dict[str, Body] = {
    "activation": {"function": "prelu"},
    "initialization": {"scheme": "lsuv"},
    "residual": {"project": True},
    "batch_norm": {},
    "layer_norm": {},
    "clip_grad_norm": {"max_norm": 1.0},
    "clip_grad_value": {"clip_value": 0.1},
    "l1": {"strength": 1e-4},
    "l2": {"strength": 1e-4},
    "max_norm": {"max_norm": 2.0},
    "optimizer": {"name": "lion"},
    "learning_rate": {"factor": 0.1},
    "warmup": {"steps": 2},
}
_PRECISIONS = ("float32", "float64", "bfloat16", "float16")
_UPLOADED = "uploaded"  # tests/api/test_datasets.py trains on one

_CATALOGUE = {section: [entry["name"] for entry in entries] for section, entries in catalogue().items()}
_EXPERIMENTS: dict[str, Body] = {
    **{f"layer {kind}": sent for kind, sent in _LAYERS.items()},
    **{f"function {name}": _sent(linear(16), activation(name), linear(10)) for name in _CATALOGUE["activations"]},
    **{
        f"scheme {name}": _image(_CONV, activation("relu"))
        | {"network": {**_image(_CONV)["network"], "init": {"scheme": name, **_NEEDS.get(name, {})}}}
        for name in _CATALOGUE["init_schemes"]
        if name != "zeros"
    },
    "scheme zeros": _sent(linear(16, init={"scheme": "he", "bias": {"scheme": "zeros"}}), linear(10)),
    **{f"source {kind}": sent for kind, sent in _SOURCES.items()},
    **{f"loss {name}": sent for name, sent in _LOSSES.items()},
    **{
        f"optimizer {name}": _sent(linear(10), training={"optimizer": {"name": name, "lr": 0.01}})
        for name in _CATALOGUE["optimizers"]
    },
    **{
        f"schedule {kind.model_fields['name'].default}": _sent(
            linear(10), training={"lr_schedule": {"name": kind.model_fields["name"].default, "warmup_steps": 1}}
        )
        for kind in SCHEDULES
    },
    **{
        f"precision {name}": _image(_CONV) | {"training": {**_image(_CONV)["training"], "precision": name}}
        for name in _PRECISIONS
    },
    **{
        f"remedy {kind}": _sent(linear(16), activation("sigmoid"), linear(10), remedies=[{"kind": kind, **fields}])
        for kind, fields in _REMEDIES.items()
    },
    "accumulation": _sent(linear(10), training={"grad_accumulation": 4}),
    "target": _sent(linear(10), training={"target": {"metric": "accuracy", "value": 0.9}}),
    "epochs": _sent(linear(10), training={"steps": None, "epochs": 1, "batch_size": 512}),
}


@pytest.fixture(scope="module")
def ended(service_url: str) -> dict[str, Any]:
    """Every experiment of the table by name, all sent at once, each waited for."""
    with httpx.Client(base_url=service_url, timeout=90) as client:
        ids = {name: _submit(client, name, sent) for name, sent in _EXPERIMENTS.items()}
        deadline = time.monotonic() + 300
        jobs = {}
        for name, job_id in ids.items():
            jobs[name] = _wait(client, job_id, deadline)
            layers = client.get(f"/v1/jobs/{job_id}/layers").raise_for_status().json()
            jobs[name]["gradients"] = [row["grad_norm_last"] for row in layers if row["parameters"]]
    return jobs


def _submit(client: httpx.Client, name: str, sent: Body) -> str:
    answer = client.post("/v1/jobs", json={**sent, "name": name})
    assert answer.status_code == 202, (name, answer.text)
    return str(answer.json()["id"])


def _wait(client: httpx.Client, job_id: str, deadline: float) -> Any:
    while True:
        job = client.get(f"/v1/jobs/{job_id}", headers={"Prefer": "wait=30"}).raise_for_status().json()
        if job["state"] not in {"queued", "running"}:
            return job
        assert time.monotonic() < deadline, job


@pytest.mark.parametrize("name", _EXPERIMENTS)
def test_it_trains(ended: dict[str, Any], name: str) -> None:
    job = ended[name]
    assert job["state"] == "succeeded", job["error"]
    assert job["progress"]["step"] == job["progress"]["total_steps"]
    assert job["gradients"]
    assert all(norm is not None for norm in job["gradients"])


def test_nothing_of_the_catalogue_is_left_out() -> None:
    assert set(_LAYERS) == set(_CATALOGUE["layers"])
    assert set(_SOURCES) | {_UPLOADED} == set(_CATALOGUE["sources"])
    assert set(_LOSSES) == set(_CATALOGUE["losses"])
    assert set(_REMEDIES) == set(_CATALOGUE["remedies"])


_CONTRACT = {
    "layers": "linear conv1d conv2d activation batch_norm layer_norm group_norm dropout flatten max_pool avg_pool "
    "global_avg_pool embedding rnn lstm gru self_attention positional_encoding residual repeat",
    "activations": "sigmoid tanh hardtanh softsign relu leaky_relu prelu elu selu gelu silu mish softplus exponential "
    "softmax log_softmax identity",
    "init_schemes": "torch_default xavier he lecun orthogonal normal uniform truncated_normal constant lsuv zeros",
    "sources": "digits iris wine breast_cancer diabetes circles moons blobs spirals xor regression adding copy_memory "
    "text uploaded",
    "losses": "cross_entropy nll bce_with_logits bce mse l1 huber",
    "optimizers": "sgd rmsprop adam adamw adagrad adadelta nadam radam lion",
    "remedies": "activation initialization residual batch_norm layer_norm clip_grad_norm clip_grad_value l1 l2 "
    "max_norm optimizer learning_rate warmup",
    "curves": "loss accuracy validation_loss validation_accuracy lr grad_norm grad_norm_clipped clip_fraction "
    "loss_scale",
    "metrics": "grad_norm bias_grad_norm delta_norm grad_max weight_norm update_ratio activation_mean activation_std "
    "dead_fraction saturated_fraction time_delta_norm",
}


@pytest.mark.parametrize("section", _CONTRACT)
def test_the_catalogue_keeps_the_contract(section: str) -> None:
    assert set(_CONTRACT[section].split()) <= set(_CATALOGUE[section])
