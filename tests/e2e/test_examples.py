"""Every example through the real service: the verdict it is there for, and the traces that the literature tells of."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import orjson
import pytest
from numpy.typing import NDArray

_EXAMPLES = Path(__file__).parents[2] / "examples"
_VERDICTS = {
    "deep-sigmoid": "vanishing_gradient",
    "deep-sigmoid-cured": "healthy",
    "dying-relu": "learning_rate_too_high",
    "dying-relu-cured": "healthy",
    "exploding-init": "exploding_gradient",
    "exploding-init-cured": "healthy",
    "plain-cnn": "vanishing_gradient",
    "plain-cnn-cured": "healthy",
    "rnn-adding": "vanishing_gradient",
    "rnn-adding-cured": "healthy",
    "transformer-post-ln": "learning_rate_too_high",
    "transformer-post-ln-cured": "healthy",
    "transformer-pre-ln": "healthy",
}
Job = dict[str, Any]


class Trained:
    """The examples, all sent at once, and what was recorded of them."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._sent = {name: self._submit(name) for name in _VERDICTS}

    def _submit(self, name: str) -> str:
        body = orjson.loads((_EXAMPLES / f"{name}.json").read_bytes())
        return str(self._client.post("/v1/jobs", json=body).raise_for_status().json()["id"])

    def job(self, name: str) -> Job:
        """The job of an example, waited for."""
        deadline = time.monotonic() + 110
        while time.monotonic() < deadline:
            answer = self._client.get(f"/v1/jobs/{self._sent[name]}", headers={"Prefer": "wait=30"})
            job: Job = answer.raise_for_status().json()
            if job["state"] not in {"queued", "running"}:
                return job
        pytest.fail(f"{name} did not end")

    def trace(self, name: str, metric: str) -> NDArray[np.float64]:
        """[layers, points] of a metric, NaN where a value is not finite."""
        self.job(name)
        wanted: dict[str, str | int] = {"metric": metric, "agg": "last", "max_points": 5000}
        answer = self._client.get(f"/v1/jobs/{self._sent[name]}/traces", params=wanted).raise_for_status()
        return np.array(answer.json()["values"], dtype=np.float64)

    def loss(self, name: str) -> float:
        """The training loss at the end."""
        return float(self.job(name)["result"]["loss"])

    def accuracy(self, name: str) -> float:
        """The validation accuracy at the end."""
        return float(self.job(name)["result"]["validation_accuracy"])


@pytest.fixture(scope="module")
def trained(service_url: str) -> Iterator[Trained]:
    with httpx.Client(base_url=service_url, timeout=90) as client:
        yield Trained(client)


def test_every_example_is_explained_and_expected_to_show_something() -> None:
    names = {path.stem for path in _EXAMPLES.glob("*.json")}
    explained = (_EXAMPLES / "README.md").read_text()
    assert names == set(_VERDICTS)
    assert all(f"**{name}**" in explained for name in names)


@pytest.mark.parametrize("name", _VERDICTS)
def test_it_has_the_verdict_it_is_there_for(trained: Trained, name: str) -> None:
    job = trained.job(name)
    assert (job["state"], job["error"]) == ("succeeded", None)
    assert job["diagnosis"]["verdict"] == _VERDICTS[name], job["diagnosis"]


def test_twenty_sigmoid_layers_lose_the_gradient_and_the_contracts_remedies_bring_it_back(trained: Trained) -> None:
    finding = trained.job("deep-sigmoid")["diagnosis"]["findings"][0]
    assert "00 linear" in finding["layers"]
    assert finding["remedies"]
    assert trained.accuracy("deep-sigmoid") < 0.2
    assert trained.accuracy("deep-sigmoid-cured") > 0.88


def test_a_residual_network_hands_through_what_its_plain_twin_loses(trained: Trained) -> None:
    """He et al. 2016: as deep, as wide, and it trains."""
    plain, twin = (_start(trained.trace(name, "delta_norm")) for name in ("plain-cnn", "plain-cnn-cured"))
    assert plain[0] < 1e-10 * plain[-1]
    # √χ = √(1/6) a layer of ReLU under PyTorch's init; what falls over the borders of 8 × 8 pixels is lost beside.
    per_layer = (plain[0] / plain[-2]) ** (1 / 32)
    assert 0.8 * np.sqrt(1 / 6) < per_layer < np.sqrt(1 / 6)
    assert 0.3 < twin[0] / twin[-2] < 3
    assert trained.accuracy("plain-cnn") < 0.2
    assert trained.accuracy("plain-cnn-cured") > 0.6


def test_an_lstm_remembers_over_a_hundred_steps_and_a_tanh_rnn_does_not(trained: Trained) -> None:
    """Hochreiter & Schmidhuber 1997; Bengio et al. 1994. Guessing costs 1/6, the variance of a sum of two uniforms."""
    forgets, remembers = (trained.trace(name, "time_delta_norm") for name in ("rnn-adding", "rnn-adding-cured"))
    assert forgets[0, 0] < 1e-15 * forgets[-1, 0]
    assert forgets[0, -1] < 1e-7 * forgets[-1, -1]
    assert np.median(remembers[0, -10:] / remembers[-1, -10:]) > 1e-3
    assert trained.loss("rnn-adding") > 0.9 / 6
    assert trained.loss("rnn-adding-cured") < 0.1 / 6


def test_a_transformer_with_the_norm_behind_needs_a_warm_up_and_one_with_the_norm_before_none(
    trained: Trained,
) -> None:
    """Xiong et al. 2020, at one learning rate for all three. Knowing how frequent each letter is costs 3.25 nats."""
    assert trained.loss("transformer-post-ln") > 3.0
    assert trained.loss("transformer-post-ln-cured") < 2.6
    assert trained.loss("transformer-pre-ln") < 2.6
    healthy = trained.trace("transformer-pre-ln", "delta_norm")
    assert 0.1 < np.median(healthy[1, -10:] / healthy[-2, -10:]) < 10
    sick = trained.trace("transformer-post-ln", "delta_norm")
    assert np.median(sick[1, -10:] / sick[-2, -10:]) < 1e-2


def test_clipping_keeps_a_start_with_large_weights_from_infinity(trained: Trained) -> None:
    assert np.isnan(trained.trace("exploding-init", "grad_norm")[:, -1]).any()
    assert np.isfinite(trained.trace("exploding-init-cured", "grad_norm")).all()
    assert trained.accuracy("exploding-init-cured") > 0.4


def test_a_smaller_learning_rate_keeps_units_alive(trained: Trained) -> None:
    dead, alive = (trained.trace(name, "dead_fraction")[:, -1].max() for name in ("dying-relu", "dying-relu-cured"))
    assert dead > 0.9
    rules = {finding["rule"]: finding for finding in trained.job("dying-relu")["diagnosis"]["findings"]}
    assert rules["dead_units"]["cause"] == "died_in_training"
    assert rules["dead_units"]["follows_from"] == "learning_rate_too_high"
    assert alive < 0.5
    assert trained.accuracy("dying-relu-cured") > 0.9


def _start(series: NDArray[np.float64]) -> NDArray[np.float64]:
    """[layers] at step 0."""
    return series[:, 0]


def test_a_warm_worker_takes_its_first_step_at_once(service_url: str, trained: Trained) -> None:
    """The best of a few: other processes of this machine may hold one up."""
    assert min(_until_first_step(service_url) for _ in range(3)) < 0.3


def _until_first_step(service_url: str) -> float:
    body = orjson.loads((_EXAMPLES / "deep-sigmoid.json").read_bytes())
    with httpx.Client(base_url=service_url, timeout=90) as client:
        sent = time.time()
        job = client.post("/v1/jobs", json=body, headers={"Prefer": "wait=60"}).raise_for_status().json()
        wanted: dict[str, str | int] = {"metric": "grad_norm", "layout": "wide", "to_step": 0}
        rows = client.get(f"/v1/jobs/{job['id']}/traces", params=wanted).raise_for_status().json()
    return datetime.fromisoformat(rows[0]["time"]).timestamp() - sent
