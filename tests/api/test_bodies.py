"""Bodies that no job can be made of: each is refused with its place, and none breaks the service."""

import json
import socket
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.api import body as bodies
from tests.api.serving import post, problem_of
from tests.api.stories import experiment

Edit = Callable[[dict[str, Any]], object]


def _set(path: str, value: object) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")[1:]]
        node: Any = document
        for part in parents:
            node = node[part]
        node[last] = value

    return edit


def _without(path: str) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")[1:]]
        node: Any = document
        for part in parents:
            node = node[part]
        del node[last]

    return edit


LINEAR = {"kind": "linear", "out_features": 4}
REFUSED: dict[str, tuple[Edit, str, str]] = {
    "nothing trained": (_without("/training"), "/training", "`training` is required."),
    "missing key of a layer": (
        _set("/network/layers/0", {"kind": "linear"}),
        "/network/layers/0/out_features",
        "`out_features` is required.",
    ),
    "missing key deep inside": (
        _set("/network/layers/1", {"kind": "repeat", "times": 2, "layers": [LINEAR, {"kind": "linear"}]}),
        "/network/layers/1/layers/1/out_features",
        "`out_features` is required.",
    ),
    "unknown kind": (
        _set("/network/layers/1/kind", "activate"),
        "/network/layers/1/kind",
        "There is no `activate`; there are: `activation`, `avg_pool`",
    ),
    "no kind": (_set("/network/layers/1", {}), "/network/layers/1/kind", "`kind` is required: `activation`,"),
    "kind of another type": (
        _set("/data/source", {"kind": ["digits"]}),
        "/data/source/kind",
        "There is no `['digits']`; there are:",
    ),
    "unknown optimizer": (
        _set("/training/optimizer", {"name": "sdg"}),
        "/training/optimizer/name",
        "Did you mean `sgd`?",
    ),
    "unknown key": (
        _set("/training/optimizer", {"name": "adam", "learning_rate": 1}),
        "/training/optimizer/learning_rate",
        "known here: `name`, `lr`, `weight_decay`, `betas`, `eps`, `amsgrad`.",
    ),
    "unknown key that is also a tag": (
        _set("/training/optimizer", {"name": "sgd", "sgd": {"lr": 1}}),
        "/training/optimizer/sgd",
        "Unknown key `sgd`",
    ),
    "unknown key at the top": (_set("/remedy", []), "/remedy", "Did you mean `remedies`?"),
    "in_features": (_set("/network/layers/0/in_features", 64), "/network/layers/0/in_features", "Unknown key"),
    "unknown key with slash and tilde": (
        _set("/training/optimizer", {"name": "sgd", "a/~": 1}),
        "/training/optimizer/a~1~0",
        "Unknown key `a/~`",
    ),
    "tag of a remedy that has variants": (
        _set("/remedies", [{"kind": "initialization", "scheme": "he", "gain": "2"}]),
        "/remedies/0/gain",
        "Send a number.",
    ),
    "unknown variant of a remedy": (
        _set("/remedies", [{"kind": "initialization", "scheme": "hee"}]),
        "/remedies/0/scheme",
        "Did you mean `he`?",
    ),
    "no variant of a remedy": (
        _set("/remedies", [{"kind": "optimizer"}]),
        "/remedies/0/name",
        "`name` is required: `adadelta`, `adagrad`",
    ),
    "bias init": (
        _set("/network/init", {"scheme": "he", "bias": {"scheme": "lsu"}}),
        "/network/init/bias/scheme",
        "There is no `lsu`",
    ),
    "layer named like a field": (
        _set("/network/layers/0", {"kind": "linear", "out_features": "x", "name": "out_features"}),
        "/network/layers/0/out_features",
        "Send a whole number.",
    ),
    "too large a number": (
        _set("/training/batch_size", 10**400),
        "/training/batch_size",
        "Should be less than or equal to 1000000.",
    ),
    "too large a float": (
        _set("/training/optimizer", {"name": "sgd", "lr": 10**400}),
        "/training/optimizer/lr",
        "Send",
    ),
    "a boolean for a number": (
        _set("/training/optimizer", {"name": "sgd", "lr": True}),
        "/training/optimizer/lr",
        "Send a number.",
    ),
    "a string for a list": (_set("/network/layers", "linear"), "/network/layers", "Send a list."),
    "a list for an object": (_set("/network", []), "/network", "Send an object."),
    "no layers": (_set("/network/layers", []), "/network/layers", "The list should have at least 1 item, not 0."),
    "a name for an object": (
        _set("/training/optimizer", "adam"),
        "/training/optimizer",
        'Send an object like {"name": "adadelta"}; `name` is one of: `adadelta`,',
    ),
    "a name that no schedule has": (
        _set("/training/lr_schedule", "cosin"),
        "/training/lr_schedule",
        'Send an object like {"name": "constant"}; `name` is one of: `constant`, `cosine`,',
    ),
    "parameter of a schedule": (
        _set("/training/lr_schedule", {"name": "step", "step_size": 0}),
        "/training/lr_schedule/step_size",
        "Should be greater than or equal to 1.",
    ),
    "unknown key of a schedule": (
        _set("/training/lr_schedule", {"name": "cosine", "steps": 5}),
        "/training/lr_schedule/steps",
        "Unknown key `steps`; known here: `name`, `warmup_steps`, `eta_min`.",
    ),
    "element of a tuple": (
        _set("/training/optimizer", {"name": "adam", "betas": [0.9, 2]}),
        "/training/optimizer/betas/1",
        "Should be less",
    ),
    "too short a tuple": (
        _set("/training/optimizer", {"name": "adam", "betas": [0.9]}),
        "/training/optimizer/betas/1",
        "The list is too short: this item is missing.",
    ),
    "too many labels": (
        _set("/labels", {f"k{index}": "v" for index in range(65)}),
        "/labels",
        "The object should have at most 64 items.",
    ),
    "label key": (_set("/labels", {"a b": "c"}), "/labels/a b", "Take letters, digits, `.`"),
    "too long a name": (_set("/name", "n" * 201), "/name", "Should have at most 200 characters."),
    "label value": (_set("/labels", {"a": 1}), "/labels/a", "Send a string."),
    "steps and epochs": (_set("/training/epochs", 1), "/training", "Give steps or epochs, not both."),
    "parameter of another function": (
        _set("/network/layers/1", {"kind": "activation", "function": "relu", "alpha": 1.0}),
        "/network/layers/1",
        "Relu has no parameter alpha",
    ),
    "shapes that do not fit": (
        _set("/network/layers/2/out_features", 3),
        "/training/loss",
        "cross_entropy needs one output per class",
    ),
    "remedy given twice": (
        _set("/remedies", [{"kind": "activation", "function": "relu"}, {"kind": "activation", "function": "relu"}]),
        "/remedies/1",
        "A second activation remedy",
    ),
}


@pytest.mark.parametrize(("edit", "pointer", "sentence"), REFUSED.values(), ids=REFUSED)
def test_each_fault_is_named_with_its_place(shared: httpx.Client, edit: Edit, pointer: str, sentence: str) -> None:
    response = post(shared, experiment(edit))
    assert response.status_code == 422
    document = problem_of(response, 422, response.json()["type"].rsplit("/", 1)[-1])
    assert [error["pointer"] for error in document["errors"]][:1] == [pointer]
    assert sentence in document["errors"][0]["detail"]


def test_a_wrong_element_does_not_also_make_its_list_too_short(shared: httpx.Client) -> None:
    inner = {"kind": "repeat", "times": 2, "layers": [{"kind": "linear"}]}
    document = problem_of(post(shared, experiment(_set("/network/layers", [inner]))), 422, "invalid-experiment")
    assert document["detail"] == "The experiment is not valid: 1 place is wrong."
    assert [error["pointer"] for error in document["errors"]] == ["/network/layers/0/layers/0/out_features"]


def test_a_list_too_short_is_named_beside_a_fault_elsewhere(shared: httpx.Client) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["network"] = {"layers": [], "init": {"scheme": "hee"}}

    document = problem_of(post(shared, experiment(edit)), 422, "invalid-experiment")
    assert [error["pointer"] for error in document["errors"]] == ["/network/layers", "/network/init/scheme"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_numbers_that_are_none_are_refused_and_not_echoed(shared: httpx.Client, number: str) -> None:
    text = json.dumps(experiment(_set("/training/optimizer", {"name": "sgd", "lr": 12345}))).replace("12345", number)
    response = shared.post("/v1/jobs", content=text, headers={"content-type": "application/json"})
    document = problem_of(response, 422, "invalid-experiment")
    assert document["errors"] == [
        {"pointer": "/training/optimizer/lr", "detail": "Send a finite number; NaN and Infinity are refused."}
    ]


def _nested(depth: int) -> str:
    layer = json.dumps(LINEAR)
    return '{"kind":"residual","layers":[' * depth + layer + "]}" * depth


_WHOLE = json.dumps(experiment())
_WITH_NAME = json.dumps(experiment(name="NAME"))
MALFORMED: dict[str, bytes] = {
    "nothing": b"",
    "white space": b" \n",
    "half": _WHOLE[:-1].encode(),
    "two documents": (_WHOLE * 2).encode(),
    "a trailing comma": b'{"a":1,}',
    "single quotes": b"{'a':1}",
    "not UTF-8": b'{"name":"\xff"}',
    "UTF-16": _WHOLE.encode("utf-16"),
    "a raw NUL": b'{"name":"\0"}',
    "an escaped NUL": _WITH_NAME.replace("NAME", "\\u0000").encode(),
    "an escaped NUL in a key": b'{"\\u0000":1}',
    "a lone surrogate": _WITH_NAME.replace("NAME", "\\ud800").encode(),
    "a lone surrogate in a key": b'{"\\udfff":1}',
    "an integer of 5000 digits": b'{"a":' + b"9" * 5000 + b"}",
    "a key twice": b'{"name":"a","name":"b"}',
    "a key twice deep inside": _WHOLE.replace('"steps"', '"loss": "mse", "steps"').encode(),
    "5000 residuals inside each other": _WHOLE.replace(json.dumps(LINEAR), "").encode()[:-1]
    + b',"x":'
    + _nested(5000).encode()
    + b"}",
    "a long string without its end": b'{"a":' + b"[]" * 100 + b'"' + b'\\"' * 400_000,
    "100000 brackets": b"[" * 100_000,
    "100000 brackets and braces": b'{"a":[' * 100_000,
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_what_is_not_json_is_a_bad_request(shared: httpx.Client, body: bytes) -> None:
    problem_of(
        shared.post("/v1/jobs", content=body, headers={"content-type": "application/json"}), 400, "malformed-body"
    )


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"x"', b"[" * 64 + b"]" * 64])
def test_what_is_no_object_is_refused(shared: httpx.Client, body: bytes) -> None:
    response = shared.post("/v1/jobs", content=body, headers={"content-type": "application/json"})
    errors = problem_of(response, 422, "invalid-experiment")["errors"]
    assert errors == [{"pointer": "", "detail": "Send an object."}]


@pytest.mark.parametrize("depth", [1, 20, 62])
def test_residuals_may_be_nested(shared: httpx.Client, depth: int) -> None:
    body = _WHOLE.replace('{"kind": "linear", "out_features": 8}', _nested(depth))
    assert shared.post("/v1/jobs", content=body, headers={"content-type": "application/json"}).status_code == 202


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json"]
)
def test_the_body_must_be_declared_as_json(shared: httpx.Client, content_type: str) -> None:
    headers = {"content-type": content_type} if content_type else {}
    problem_of(shared.post("/v1/jobs", content=_WHOLE.encode(), headers=headers), 415, "unsupported-media-type")


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"]
)
def test_other_ways_to_declare_json(shared: httpx.Client, content_type: str) -> None:
    response = shared.post("/v1/jobs", content=_WHOLE.encode(), headers={"content-type": content_type})
    assert response.status_code == 202


def test_a_compressed_body_is_refused(shared: httpx.Client) -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    problem_of(shared.post("/v1/jobs", content=b"x", headers=headers), 415, "unsupported-media-type")


@pytest.mark.parametrize("size", [(1 << 20) + 1, 20 << 20])
@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
def test_too_large_a_body_is_refused(shared: httpx.Client, size: int, chunked: bool) -> None:
    body = b'{"name":"' + b"a" * size
    content: Any = (body[start : start + 65536] for start in range(0, size, 65536)) if chunked else body
    response = shared.post("/v1/jobs", content=content, headers={"content-type": "application/json"})
    problem_of(response, 413, "payload-too-large")


def _sent(client: httpx.Client, *headers: str, body: bytes = b"") -> socket.socket:
    """A connection over which a request began."""
    connection = socket.create_connection((client.base_url.host, client.base_url.port or 0), timeout=5)
    head = "POST /v1/jobs HTTP/1.1", "Host: localhost", "Content-Type: application/json", *headers, "", ""
    connection.sendall("\r\n".join(head).encode() + body)
    return connection


def test_too_large_a_body_is_refused_before_it_is_sent(shared: httpx.Client) -> None:
    with _sent(shared, "Expect: 100-continue", f"Content-Length: {1 << 40}") as connection:
        assert connection.recv(64).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_never_comes_is_not_waited_for(shared: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_READ_SECONDS", 0.2)
    with _sent(shared, "Content-Length: 100", body=b'{"name":') as connection:
        assert connection.recv(64).startswith(b"HTTP/1.1 408 ")


def test_a_client_that_goes_away_is_no_error(shared: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    _sent(shared, "Content-Length: 100", body=b'{"name":').close()
    time.sleep(0.2)
    assert shared.get("/healthz").status_code == 200
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_million_million_parameters_are_refused_by_arithmetic(shared: httpx.Client) -> None:
    huge = {"kind": "repeat", "times": 100, "layers": [{"kind": "linear", "out_features": 1_000_000}]}
    response = post(shared, experiment(_set("/network/layers/0", huge)))
    document = problem_of(response, 422, "experiment-too-large")
    assert document["errors"][0]["pointer"] == "/network/layers"
    assert response.elapsed.total_seconds() < 0.5


def test_of_very_many_faults_the_first_are_shown(shared: httpx.Client) -> None:
    many = experiment() | {f"key {number}": number for number in range(10_000)}
    document = problem_of(post(shared, many), 422, "invalid-experiment")
    assert len(document["errors"]) == 64
    assert "10000 places" in document["detail"]


_SOME_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(), below, max_size=4),
    max_leaves=20,
)
_PLACES = [
    "/name", "/labels", "/network", "/network/layers", "/network/layers/0", "/network/layers/0/out_features",
    "/network/init", "/data/source", "/data/validation_fraction", "/training", "/training/optimizer",
    "/training/steps", "/trace", "/remedies",
]  # fmt: skip
_FUZZ = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@_FUZZ
@given(body=st.binary(max_size=2000))
def test_no_bytes_break_the_service(shared: httpx.Client, body: bytes) -> None:
    response = shared.post("/v1/jobs", content=body, headers={"content-type": "application/json"})
    assert response.status_code in {400, 422}


@_FUZZ
@given(place=st.sampled_from(_PLACES), value=_SOME_JSON)
def test_no_value_in_any_place_breaks_the_service(shared: httpx.Client, place: str, value: object) -> None:
    edited = experiment(lambda document: (document.setdefault("trace", {}), _set(place, value)(document)))
    response = shared.post("/v1/jobs", content=json.dumps(edited), headers={"content-type": "application/json"})
    assert response.status_code in {202, 400, 422}
    if response.status_code == 422:
        problem_of(response, 422, response.json()["type"].rsplit("/", 1)[-1])


@_FUZZ
@given(start=st.integers(0, len(_WHOLE)), length=st.integers(0, 12), new=st.binary(max_size=8))
def test_no_damaged_experiment_breaks_the_service(shared: httpx.Client, start: int, length: int, new: bytes) -> None:
    body = _WHOLE.encode()[:start] + new + _WHOLE.encode()[start + length :]
    response = shared.post("/v1/jobs", content=body, headers={"content-type": "application/json"})
    assert response.status_code in {202, 400, 422}
