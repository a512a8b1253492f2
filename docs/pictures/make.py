"""Takes the README's pictures: a real service, its examples, and their pages in Chromium, light and dark.

`PYTHONPATH=. .venv/bin/python docs/pictures/make.py`
"""

import io
import tempfile
from pathlib import Path
from typing import Any, Literal

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.dashboard.chromium import chromium
from tests.embedded import embedded

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
MOST_BYTES = 150_000


def main() -> None:
    """Writes `job`, `compare` and `submit`, each `-light.png` and `-dark.png`, beside this file."""
    with tempfile.TemporaryDirectory() as folder, embedded(Path(folder) / "data") as service, sync_playwright() as web:
        with service.client() as client:
            sick, cured = _trained(client, "deep-sigmoid"), _trained(client, "deep-sigmoid-cured")
        browser = web.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        for scheme in SCHEMES:
            page = _page(browser, service.url, scheme)
            page.goto(f"/ui/jobs/{sick['id']}?layer=20+linear&step=150")
            expect(page.locator(".heatmap[data-layer]")).to_be_visible()
            _shoot(page, f"job-{scheme}", 960)
            page.goto(f"/ui/compare?a={sick['id']}&b={cured['id']}")
            expect(page.locator(".heatmap[data-layer]").nth(1)).to_be_visible()
            _shoot(page, f"compare-{scheme}", 1240)
            page.goto("/ui/new?example=deep-sigmoid")
            expect(page.locator(".status-line")).to_have_text("Ready to run")
            _shoot(page, f"submit-{scheme}", 900)
        browser.close()


def _trained(client: httpx.Client, name: str) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "Prefer": "wait=60"}
    sent = client.post("/v1/jobs", content=(EXAMPLES / f"{name}.json").read_bytes(), headers=headers, timeout=90)
    job: dict[str, Any] = sent.raise_for_status().json()
    while job["state"] in ("queued", "running"):
        job = client.get(f"/v1/jobs/{job['id']}", headers=headers, timeout=90).raise_for_status().json()
    return job


def _page(browser: Browser, url: str, scheme: Literal["light", "dark"]) -> Page:
    context = browser.new_context(
        base_url=url, viewport={"width": 1360, "height": 960}, color_scheme=scheme, reduced_motion="reduce"
    )
    return context.new_page()


def _shoot(page: Page, name: str, height: int) -> None:
    page.set_viewport_size({"width": 1360, "height": height})
    page.wait_for_load_state("networkidle")
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    # 256 colours, the rare ones too, are enough for a page and its heatmap.
    small = picture.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    target = HERE / f"{name}.png"
    small.save(target, optimize=True)
    size = target.stat().st_size
    if size > MOST_BYTES:
        raise SystemExit(f"{target.name} has {size} bytes, and {MOST_BYTES} are what a README bears.")


if __name__ == "__main__":
    main()
