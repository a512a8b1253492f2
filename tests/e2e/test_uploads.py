"""Uploaded data, trained on by the whole service."""

from typing import Any

import httpx
import numpy as np
import pytest

from tests.datasets.files import npz
from tests.experiments import activation, body, linear

random = np.random.default_rng(0)
CLASSES = np.arange(120) % 3
CENTERS = np.eye(3)[CLASSES] * 4
POINTS = CENTERS + random.normal(0, 0.3, size=(120, 3))
CSV = "width,height,depth,kind\n" + "".join(
    f"{w},{h},{d},{name}\n"
    for (w, h, d), name in zip(POINTS.tolist(), np.array(["oak", "elm", "ash"])[CLASSES], strict=True)
)
IMAGES = random.normal(size=(120, 1, 8, 8)) + CLASSES[:, None, None, None]
SEQUENCES = random.normal(size=(120, 6, 2)) + CLASSES[:, None, None]
WORDS = random.integers(0, 5, size=(120, 7)) + 5 * CLASSES[:, None]
CONV = {"kind": "conv2d", "out_channels": 4, "kernel_size": 3}
TRAINED: dict[str, tuple[str | bytes, dict[str, Any], tuple[dict[str, Any], ...]]] = {
    "a table": (CSV, {}, (linear(8), activation("relu"), linear(3))),
    "images": (npz(x=IMAGES, y=CLASSES), {}, (CONV, activation("relu"), {"kind": "flatten"}, linear(3))),
    "sequences": (npz(x=SEQUENCES, y=CLASSES), {}, ({"kind": "lstm", "hidden_size": 8}, linear(3))),
    "words": (
        npz(x=WORDS, y=CLASSES), {"tokens": True},
        ({"kind": "embedding", "embedding_dim": 4}, {"kind": "flatten"}, linear(3)),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "source", "layers"), TRAINED.values(), ids=TRAINED)
def test_uploads_are_learned(
    service_url: str, content: str | bytes, source: dict[str, Any], layers: tuple[dict[str, Any], ...]
) -> None:
    with httpx.Client(base_url=service_url, timeout=90) as client:
        answer = client.post("/v1/datasets", files={"file": ("data", content)})
        assert answer.status_code == 201, answer.text
        dataset = answer.json()
        training = {"optimizer": {"name": "adam", "lr": 0.01}, "steps": 150}
        sent = body(*layers, source=dataset["source"] | source, training=training)
        job = client.post("/v1/jobs", json=sent, headers={"Prefer": "wait=60"}).raise_for_status().json()
        assert job["state"] == "succeeded", job["error"]
        assert job["result"]["validation_accuracy"] > 0.9
        assert client.delete(dataset["links"]["self"]).status_code == 204
        assert client.get(job["links"]["self"]).json()["result"] == job["result"]
