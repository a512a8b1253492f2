"""A look at an experiment before it is trained: what it says is what the job then has, and nothing comes of it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from service.api.views.preflight import PreflightView
from service.remedies.diff import changes
from service.store.database import Database
from service.store.tables import Table
from tests.api.serving import json_of, post, problem_of, serving
from tests.api.stories import experiment
from tests.databases import SQLiteFiles
from tests.experiments import activation, body, deep, linear, repeat, residual
from tests.experiments import experiment as parsed
from tests.packaging.repository import ROOT

Body = dict[str, Any]
CURE: list[Body] = [
    {"kind": "activation", "function": "relu"},
    {"kind": "initialization", "scheme": "he"},
    {"kind": "batch_norm"},
    {"kind": "optimizer", "name": "adam", "lr": 0.001},
]
BILLIONS = body(repeat(100, linear(10**6)), linear(10))


def look(client: httpx.Client, document: object) -> httpx.Response:
    return client.post("/v1/preflight", json=document)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(experiment(name="a name", labels={"course": "dl101"}), id="small"),
        pytest.param(deep("sigmoid", remedies=CURE, training={"epochs": 3, "steps": None}), id="remedied"),
        pytest.param(body(residual(linear(64), activation("tanh")), linear(10)), id="residual"),
        pytest.param(body({"kind": "lstm", "hidden_size": 8}, linear(10)), id="recurrent"),
    ],
)
def test_it_says_what_the_job_then_has(api: httpx.Client, sent: Body) -> None:
    told = json_of(look(api, sent))
    PreflightView.model_validate(told)
    job = json_of(post(api, sent), 202)
    assert (told["experiment"], told["resolved"]) == (job["experiment"], job["resolved"])
    assert told["steps"] == job["progress"]["total_steps"]
    assert told["admission"]["admitted"]
    assert told["theory"] == json_of(api.get(job["links"]["theory"]))
    rows = json_of(api.get(job["links"]["layers"]))
    assert [
        {key: row.get(key) for key in layer if key in row} for layer, row in zip(told["layers"], rows, strict=True)
    ] == [
        {key: layer[key] for key in ("depth", "layer", "kind", "function", "parameters", "shape")}
        for layer in told["layers"]
    ]
    assert told["parameters"] == sum(row["parameters"] for row in rows)


def test_every_change_of_every_remedy_is_told(shared: httpx.Client) -> None:
    sent = deep("sigmoid", depth=3, remedies=CURE)
    told = json_of(look(shared, sent))["diff"]
    expected = changes(parsed(sent).unrolled(), parsed(sent).remedies)
    assert told == [json.loads(change.model_dump_json()) for change in expected]
    assert {change["kind"] for change in told} == {remedy["kind"] for remedy in CURE}


def test_numbers_of_a_small_experiment(shared: httpx.Client) -> None:
    told = json_of(look(shared, body(linear(10), training={"grad_accumulation": 4, "steps": 50})))
    assert (told["parameters"], told["steps"]) == (650, 50)
    assert told["samples"] == {"training": 1438, "validation": 359, "per_step": 128}
    assert told["estimate"]["flops_per_step"] == 3 * 128 * (2 * 640 + 10)
    memory = told["estimate"]["memory"]
    assert (memory["parameters"], memory["gradients"], memory["optimizer_state"]) == (2600, 5200, 0)
    assert (memory["activations"], memory["data"]) == (32 * 10 * 4, 1797 * (64 * 4 + 8))
    assert memory.pop("total") == sum(memory.values())
    assert 0 < told["estimate"]["cpu_seconds"] < 1
    assert (told["findings"], told["warnings"], told["diff"]) == ([], [], [])


def test_what_is_wrong_for_certain_is_found_before_training(shared: httpx.Client) -> None:
    told = json_of(look(shared, body(linear(16), activation("relu"), linear(10), activation("softmax"))))
    PreflightView.model_validate(told)
    (finding,) = told["findings"]
    assert (finding["rule"], finding["cause"], finding["layer"]) == ("output_mismatch", "output_layer", "03 activation")


@pytest.mark.parametrize(
    ("sent", "warning"),
    [
        pytest.param(body(training={"batch_size": 5000}), "a batch has 1438 of them, not 5000", id="a large batch"),
        pytest.param(deep("tanh", depth=200, training={"steps": 10**6}), "hours on one CPU core", id="a long training"),
    ],
)
def test_what_is_allowed_and_may_surprise_is_told(shared: httpx.Client, sent: Body, warning: str) -> None:
    (told,) = json_of(look(shared, sent))["warnings"]
    assert warning in told


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(BILLIONS, id="10¹⁴ parameters"),
        pytest.param(body(linear(10**6), linear(10), training={"batch_size": 1000, "steps": 10**8}), id="everything"),
    ],
)
def test_what_is_too_large_is_described_all_the_same(shared: httpx.Client, sent: Body) -> None:
    told = json_of(look(shared, sent))
    PreflightView.model_validate(told)
    refused = problem_of(post(shared, sent), 422, "experiment-too-large")
    rows = told["admission"]["limits"]
    assert not told["admission"]["admitted"]
    assert [{"pointer": row["pointer"], "detail": row["detail"]} for row in rows if not row["admitted"]] == refused[
        "errors"
    ]
    assert all(row["admitted"] == (row["size"] <= row["limit"]) == (row["detail"] is None) for row in rows)
    assert told["layers"]


def test_sizes_that_no_64_bits_hold_are_told_exactly(shared: httpx.Client) -> None:
    source = {"kind": "blobs", "n_samples": 10**6, "centers": 2}
    told = json_of(look(shared, body(repeat(500, linear(10**6)), source=source, training={"batch_size": 10**6})))
    assert told["parameters"] == 3 * 10**6 + 499 * (10**12 + 10**6)
    flops = 2 * (2 * 10**6 + 499 * 10**12) + 500 * 10**6
    assert told["estimate"]["flops_per_step"] == 3 * 800_000 * flops > 2**64


REFUSED: dict[str, object] = {
    "no object": [],
    "an unknown kind": body({"kind": "lineer"}),
    "many faults": {f"key {number}": number for number in range(100)},
    "shapes that do not fit": body(linear(3)),
    "a remedy with nothing to do": body(linear(10), remedies=[{"kind": "activation", "function": "relu"}]),
    "too many layers": body(repeat(512, linear(4), linear(4)), linear(10)),
    "repeats of repeats": body(repeat(512, repeat(512, repeat(512, linear(4)))), linear(10)),
}


@pytest.mark.parametrize("sent", REFUSED.values(), ids=REFUSED)
def test_what_no_job_can_be_made_of_is_refused_as_a_job_is(shared: httpx.Client, sent: object) -> None:
    told, refused = look(shared, sent).json(), post(shared, sent).json()
    assert told["status"] == 422
    own = ("instance", "request_id")
    assert [value for key, value in told.items() if key not in own] == [
        value for key, value in refused.items() if key not in own
    ]


def test_what_is_not_json_is_a_bad_request(shared: httpx.Client) -> None:
    for content in (b"", b"{", b'{"network":{"layers":' * 200):
        headers = {"content-type": "application/json"}
        problem_of(shared.post("/v1/preflight", content=content, headers=headers), 400, "malformed-body")
    problem_of(shared.post("/v1/preflight", content=b"{}"), 415, "unsupported-media-type")
    problem_of(shared.get("/v1/preflight"), 405, "method-not-allowed")


@pytest.mark.parametrize("kind", ["repeat", "residual"])
@pytest.mark.parametrize("depth", [1, 30, 62, 63, 500])
def test_nested_containers_are_looked_at_or_refused(shared: httpx.Client, kind: str, depth: int) -> None:
    """Text, because this client cannot nest that deep either."""
    times = '"times":1,' if kind == "repeat" else ""
    opened = f'{{"kind":"{kind}",{times}"layers":['
    nested = opened * depth + '{"kind":"linear","out_features":64}' + "]}" * depth
    text = json.dumps(body(linear(1), linear(10))).replace(json.dumps(linear(1)), nested)
    response = shared.post("/v1/preflight", content=text, headers={"content-type": "application/json"})
    assert response.status_code == (200 if depth <= 62 else 400)


def test_nothing_is_stored(api: httpx.Client, database: Database) -> None:
    for sent in (body(), BILLIONS, body(remedies=CURE[1:2])):
        json_of(look(api, sent))
    with database.reading() as session:
        counts = {
            name: session.scalar(select(func.count()).select_from(table))
            for name, table in Table.metadata.tables.items()
        }
    assert not any(counts.values()), counts


def test_a_key_is_asked_for_and_the_rate_is_limited(sqlite_files: SQLiteFiles, tmp_path: Path) -> None:
    with serving(sqlite_files.fresh(), tmp_path, api_keys=(SecretStr("a"),), rate_limit="2/minute") as api:
        problem_of(look(api, body()), 401, "unauthorized")
        api.headers["x-api-key"] = "a"
        for _ in range(2):
            json_of(look(api, body()))
        problem_of(look(api, body()), 429, "rate-limited")


def test_a_million_million_parameters_take_no_longer_than_a_small_network(shared: httpx.Client) -> None:
    def seconds(sent: Body) -> float:
        return min(look(shared, sent).elapsed.total_seconds() for _ in range(8))

    assert seconds(body(linear(10**6), linear(10**6), linear(10))) < 3 * seconds(body())


def test_no_torch_is_loaded() -> None:
    program = (
        "import json, sys\n"
        "from service.api.preflight_document import preflight_document\n"
        "from service.api.submission import experiment_of\n"
        "from service.preflight.admission import Limits\n"
        "from service.preflight.preflight import preflight\n"
        "preflight_document(preflight(experiment_of(sys.stdin.buffer.read()), Limits(*[10**9] * 6)))\n"
        "print(*({'torch', 'sklearn', 'scipy', 'worker'} & set(sys.modules)))\n"
    )
    sent = json.dumps(deep("sigmoid", remedies=CURE)).encode()
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, input=sent, stdout=subprocess.PIPE, check=True)
    assert done.stdout.split() == []
