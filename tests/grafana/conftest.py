"""A real service with a healthy, a vanishing and a diverged job."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.experiments import body, deep, linear


@pytest.fixture(scope="session")
def client(service_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service_url, timeout=90) as opened:
        yield opened


@pytest.fixture(scope="session")
def jobs(client: httpx.Client) -> dict[str, str]:
    """The ids of the jobs, by what became of them."""
    data = {"normalize": "standard", "validation_fraction": 0.2}
    init = {"scheme": "xavier", "distribution": "normal"}
    training = {"batch_size": 128, "steps": 600}
    wild: dict[str, Any] = {"loss": "mse", "optimizer": {"name": "sgd", "lr": 100.0}, "steps": 40}
    bodies = {
        "healthy": body(name="healthy run", data=data, training={"steps": 600}),
        "vanishing": deep("sigmoid", depth=12, name="vanishing run", data=data, init=init, training=training),
        "diverged": body(
            linear(8), linear(1), name="diverged run", source={"kind": "diabetes"}, training=wild, labels={"lab": "1"}
        ),
    }
    sent = {name: client.post("/v1/jobs", json=document).raise_for_status().json() for name, document in bodies.items()}
    for job in sent.values():
        while (job := client.get(f"/v1/jobs/{job['id']}", headers={"Prefer": "wait=60"}).json())["state"] in (
            "queued",
            "running",
        ):
            pass
        assert job["state"] == "succeeded", job["error"]
    return {name: job["id"] for name, job in sent.items()}
