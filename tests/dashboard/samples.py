"""What the browser tests train, and how they read a picture."""

from typing import Any

import httpx
from playwright.sync_api import Page

from tests.experiments import example

Answer = dict[str, Any]

EXPERIMENT: Answer = example(labels={"course": "dl101"})
EXPERIMENT["training"]["steps"] = 100

_PIXELS_DOWN = """(canvas) => {
    const brush = canvas.getContext("2d");
    const rows = brush.getImageData(Math.round(canvas.width * 0.6), 0, 1, canvas.height).data;
    return Array.from({length: canvas.height}, (_, y) => [...rows.slice(4 * y, 4 * y + 4)]);
}"""


def experiment(**changes: Any) -> Answer:
    """EXPERIMENT with other fields; `steps` goes into its training."""
    steps = changes.pop("steps", EXPERIMENT["training"]["steps"])
    return EXPERIMENT | {"training": EXPERIMENT["training"] | {"steps": steps}} | changes


def trained(client: httpx.Client, body: Answer) -> Answer:
    """The job of that experiment, once it has ended."""
    job: Answer = client.post("/v1/jobs", json=body, headers={"Prefer": "wait=60"}).raise_for_status().json()
    while job["state"] in ("queued", "running"):
        job = client.get(f"/v1/jobs/{job['id']}", headers={"Prefer": "wait=60"}).raise_for_status().json()
    assert job["state"] == "succeeded"
    return job


def pixels_down_the_heatmap(page: Page) -> list[list[int]]:
    """RGBA from top to bottom, at six tenths of the heatmap's width."""
    column: list[list[int]] = page.locator("#heatmap canvas[role=img]").evaluate(_PIXELS_DOWN)
    return column


def brightness(pixel: list[int]) -> float:
    """Perceived brightness from 0 to 255: viridis rises in it from the smallest value to the largest."""
    red, green, blue, _ = pixel
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
